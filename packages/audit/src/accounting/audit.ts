import {Ledger, privacySpent} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import {atMost, type AuditResult} from '../result.js';
import {observeStep} from '../subject/observe.js';
import type {AuditSubject} from '../subject/subject.js';
import {attackedReleases} from './attacked_releases.js';
import {likelihoodAttack} from './likelihood_attack.js';

/** Options of `auditAccounting`. */
export interface AccountingOptions {
  /** Steps of the attacked run, every fifth of them with a second release of its batch. Default: 40. */
  readonly steps?: number;
  /** The delta at which epsilon is claimed: large, so that chance shows it. Default: 0.05. */
  readonly delta?: number;
  /** Runs of the attack. Default: 100,000. */
  readonly runs?: number;
  /** The false-alarm rate. Default: 1e-6. */
  readonly falseAlarmRate?: number;
}

/**
 * Makes steps on batches that the sampler announces, asks the ledger for epsilon, and makes the best attack on such a run: delta
 * must not come out above the one that epsilon was claimed at.
 *
 * @throws AuditError for a subject without a sampler.
 */
export function auditAccounting(
  subject: AuditSubject,
  {steps = 40, delta = 0.05, runs = 100_000, falseAlarmRate = 1e-6}: AccountingOptions = {},
): AuditResult {
  if (subject.sampler === undefined) {
    throw new AuditError(`subject '${subject.name}' has no sampler, and so no epsilon of its batches`);
  }
  const sampler = subject.sampler();
  const ledger = new Ledger();
  const optimizer = subject.optimizer({ledger});
  for (let step = 0; step < steps; step++) {
    const {id, sampling} = sampler.next();
    // Noise alone tells as much about the account as gradients would.
    observeStep(subject, optimizer, [], {id, sampling});
    if (step % 5 === 0) observeStep(subject, optimizer, [], {id, sampling});
  }
  optimizer.dispose();
  const {epsilon} = privacySpent(ledger, {delta});
  const attack = likelihoodAttack(attackedReleases(ledger.rows), epsilon, {runs, rate: falseAlarmRate});
  return atMost({
    name: 'accounting: best attack',
    claim: `epsilon ${epsilon.toFixed(3)} holds at delta ${delta}: no attack on the rows finds more`,
    measured: attack.lower,
    bound: delta,
    detail: `delta ${attack.delta.toFixed(4)} by ${runs} runs of the likelihood ratio attack on ${ledger.rows.length} releases`,
    falseAlarmRate,
  });
}
