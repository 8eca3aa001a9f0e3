import {clippedGradients, Ledger, privateMean} from '@dp/optimizers';
import {type RandomSource, secureSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';

import {AuditError} from '../errors.js';
import {atMost, type AuditResult} from '../result.js';
import {observeAlone} from '../subject/observe.js';
import {batchOf, recordsOf, type RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';
import {precisionAttack} from './precision_attack.js';

/**
 * Attacks the last places of noisy sums (before the division) of two neighbouring batches: all must be multiples of the ledger's
 * grid, so that none tells which batch it came from. Chance plays no part.
 *
 * @throws AuditError for clipping that the functional API does not have.
 */
export function auditFloatingPoint(
  subject: AuditSubject,
  {randomSource = secureSource()}: {readonly randomSource?: RandomSource} = {},
): AuditResult {
  const records = recordsOf(subject.records);
  const {row} = observeAlone(subject, {}, [records.slice(0, 1)]);
  if (row.clipping !== 'flat') throw new AuditError(`flat clipping is needed, got ${row.clipping}`);
  const {variables, losses} = subject;
  const sums = (batch: readonly RecordValues[]): number[] => {
    const {x, y} = batchOf(batch, subject.records);
    const {l2NormClip, microbatchSize, noiseMultiplier} = row;
    const {exact, sum} = clippedGradients(() => losses(x, y), variables, {
      l2NormClip,
      microbatchSize,
      noiseMultiplier,
      batch: [x, y],
    });
    const {gradients} = privateMean(exact, {
      noiseMultiplier,
      normalizeBy: 1,
      ledger: new Ledger(),
      randomSource,
    });
    const released = Object.values(gradients).flatMap((gradient) => Array.from(gradient.dataSync()));
    tf.dispose([x, y, sum, gradients]);
    return released;
  };
  const outputs = [...sums(records), ...sums(records.slice(1))];
  return atMost({
    name: 'floating point: last places',
    claim: 'noisy sums are multiples of the grid, whatever the batch: none gives it away',
    measured: precisionAttack(outputs, row.grid),
    bound: 0,
    detail: `${outputs.length} coordinates of neighbouring batches, grid 2^${Math.log2(row.grid)}`,
  });
}
