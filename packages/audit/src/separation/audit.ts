import {Ledger} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';

import {atMost, type AuditResult} from '../result.js';
import {observeStep} from '../subject/observe.js';
import {recordsOf} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';
import {HOSTILE_LOSSES} from './hostile_losses.js';

/**
 * Spoils the subject's loss in every known way around per-example clipping. Each must be refused before anything is released.
 * Chance plays no part.
 */
export function auditSeparation(subject: AuditSubject): AuditResult {
  const records = recordsOf(subject.records).slice(0, 4);
  const {variables} = subject;
  const accepted = HOSTILE_LOSSES.filter(({spoil}) => {
    const ledger = new Ledger();
    const optimizer = subject.optimizer({ledger});
    const weights = variables.map((variable) => variable.clone());
    const losses: AuditSubject['losses'] = (x, y) => spoil(subject.losses(x, y), variables);
    try {
      observeStep({...subject, losses}, optimizer, [records]);
      return true;
    } catch {
      return ledger.rows.length > 0;
    } finally {
      variables.forEach((variable, v) => variable.assign(weights[v] as tf.Tensor));
      tf.dispose(weights);
      optimizer.dispose();
    }
  });
  return atMost({
    name: 'separation: hostile losses',
    claim: `${HOSTILE_LOSSES.length} losses in which examples meet, or go around the noise, are refused before any release`,
    measured: accepted.length,
    bound: 0,
    detail:
      accepted.length === 0 ? 'all were refused' : `accepted: ${accepted.map(({what}) => what).join('; ')}`,
  });
}
