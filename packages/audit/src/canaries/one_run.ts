import {Ledger, privacySpent} from '@dp/optimizers';
import {secureSource} from '@dp/random';

import {AuditError} from '../errors.js';
import {atMost, type AuditResult} from '../result.js';
import {observeAlone, observeStep} from '../subject/observe.js';
import type {RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';
import {canaryCoins} from './coins.js';
import {boundOfScores} from './guesses.js';
import {makeCanaries} from './make_canaries.js';

/** Options of `auditOneRun`. */
export interface OneRunOptions {
  /** Canaries, each of which takes part with probability 1/2. At most the sampler's number of records. Default: 500. */
  readonly canaries?: number;
  /** Steps of the run. Default: an epoch. */
  readonly steps?: number;
  /** The delta of the claim. Default: 1e-5. */
  readonly delta?: number;
  /** The probability with which the lower bound is above the true epsilon. Default: 1e-3. */
  readonly falseAlarmRate?: number;
}

/**
 * Audits with one run (Steinke, Nasr and Jagielski 2023): a coin decides for each canary whether it is among the sampler's
 * records; the auditor sees every noisy gradient, scores each canary by how far the gradients go its way, guesses, and turns the
 * number of right guesses into a lower bound of epsilon. Weights are not moved, as an adversary may choose.
 *
 * @throws AuditError for a subject without a sampler, or with inputs that are not real numbers.
 */
export function auditOneRun(
  subject: AuditSubject,
  {canaries: count = 500, steps, delta = 1e-5, falseAlarmRate = 1e-3}: OneRunOptions = {},
): AuditResult {
  if (subject.sampler === undefined) {
    throw new AuditError(`subject '${subject.name}' has no sampler, and so no epsilon of its batches`);
  }
  const sampler = subject.sampler();
  const source = secureSource();
  const canaries = makeCanaries(subject, count, source);
  const isIn = canaryCoins(count, source);

  const ledger = new Ledger();
  const optimizer = subject.optimizer({ledger});
  const total = subject.variables.map(({size}) => new Float64Array(size));
  const ran = steps ?? sampler.stepsPerEpoch;
  for (let step = 0; step < ran; step++) {
    const {indices, ...drawn} = sampler.next();
    const present = Array.from(indices).filter((i) => isIn[i] === true);
    const batch = present.map((i) => canaries[i] as RecordValues);
    const {means} = observeStep(subject, optimizer, batch.length === 0 ? [] : [batch], drawn);
    means.forEach((mean, v) => {
      const sum = total[v] as Float64Array;
      for (let i = 0; i < mean.length; i++) sum[i] = (sum[i] as number) + (mean[i] as number);
    });
  }
  optimizer.dispose();

  const scores = canaries.map((canary) => scoreOf(subject, canary, total));
  const best = boundOfScores({scores, isIn}, delta, falseAlarmRate);
  const {epsilon} = privacySpent(ledger, {delta});
  return atMost({
    name: 'canaries: one run',
    claim: `epsilon is at most ${epsilon.toFixed(3)} at delta ${delta} after ${ran} steps`,
    measured: best.epsilon,
    bound: epsilon,
    detail: `${best.right} of ${best.guesses} guesses about ${count} canaries were right`,
    falseAlarmRate,
  });
}

/** The product of what was released with the canary's own clipped gradient. */
function scoreOf(subject: AuditSubject, canary: RecordValues, total: readonly Float64Array[]): number {
  const {means} = observeAlone(subject, {noiseMultiplier: 0}, [[canary]]);
  let score = 0;
  means.forEach((mean, v) => {
    for (let i = 0; i < mean.length; i++) score += (mean[i] as number) * (total[v]?.[i] ?? NaN);
  });
  return score;
}
