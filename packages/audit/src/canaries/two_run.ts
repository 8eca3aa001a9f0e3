import {gaussianEpsilon} from '@dp/accountant';
import {Ledger, privacySpent} from '@dp/optimizers';
import {secureSource} from '@dp/random';

import {AuditError} from '../errors.js';
import {atMost, type AuditResult} from '../result.js';
import {largestProbability} from '../statistics/binomial.js';
import {normalQuantile} from '../statistics/normal_tail.js';
import {observeAlone, observeStep} from '../subject/observe.js';
import type {RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';
import {makeCanaries} from './make_canaries.js';

/** Options of `auditTwoRuns`. */
export interface TwoRunOptions {
  /** Steps with the canary, and as many without. Default: 1000. */
  readonly repeats?: number;
  /** The delta of the claim. Default: 1e-5. */
  readonly delta?: number;
  /** The probability with which the lower bound is above the true epsilon. Default: 1e-6. */
  readonly falseAlarmRate?: number;
}

/** Where the auditor cuts, in the canary's own clipped gradients: each cut is a test of its own, and the rate is split. */
const CUTS = [0, 0.25, 0.5, 0.75, 1];

/**
 * Audits one step with two worlds (Nasr et al. 2023, "Tight Auditing of Differentially Private Machine Learning"): the same step
 * many times with a canary and without, seen whole. How often each world is taken for the other bounds the mu of Gaussian
 * privacy from below, with Clopper and Pearson's confidence and a correction for the choice of the cut.
 *
 * @throws AuditError for inputs that are not real numbers, and for noise trees, whose steps are not alike.
 */
export function auditTwoRuns(
  subject: AuditSubject,
  {repeats = 1000, delta = 1e-5, falseAlarmRate = 1e-6}: TwoRunOptions = {},
): AuditResult {
  const [canary] = makeCanaries(subject, 1, secureSource()) as [RecordValues];
  const {means: own, row} = observeAlone(subject, {noiseMultiplier: 0}, [[canary]]);
  if (row.mechanism.kind !== 'gaussian') {
    throw new AuditError(
      'canaries in two worlds need noise of its own in every step, which trees do not have',
    );
  }
  const length = product(own, own);
  const seen = (batch: readonly RecordValues[]): Float64Array => {
    const optimizer = subject.optimizer({ledger: new Ledger()});
    const pieces = batch.length === 0 ? [] : [batch];
    const projections = Float64Array.from({length: repeats}, () => {
      const {means} = observeStep(subject, optimizer, pieces);
      return product(means, own) / length;
    });
    optimizer.dispose();
    return projections;
  };
  const [without, present] = [seen([]), seen([canary])];
  const rate = falseAlarmRate / (2 * CUTS.length);
  const bounds = CUTS.map((cut) => {
    const falsePositives = without.filter((projection) => projection > cut).length;
    const falseNegatives = present.filter((projection) => projection <= cut).length;
    const [positive, negative] = [falsePositives, falseNegatives].map((count) =>
      largestProbability(count, repeats, rate),
    ) as [number, number];
    return {cut, falsePositives, falseNegatives, mu: normalQuantile(positive) + normalQuantile(negative)};
  });
  const best = bounds.reduce((a, b) => (b.mu > a.mu ? b : a));
  const ledger = new Ledger();
  const optimizer = subject.optimizer({ledger});
  observeStep(subject, optimizer, [[canary]]);
  optimizer.dispose();
  const {epsilon} = privacySpent(ledger, {delta});
  const measured = best.mu <= 0 ? 0 : gaussianEpsilon({noiseMultiplier: 1 / best.mu, delta});
  return atMost({
    name: 'canaries: one step, two worlds',
    claim: `epsilon of a step is at most ${epsilon.toFixed(3)} at delta ${delta} for a record that takes part`,
    measured,
    bound: epsilon,
    detail:
      `mu at least ${best.mu.toFixed(3)}: of ${repeats} steps each, ${best.falsePositives} without the canary and ` +
      `${best.falseNegatives} with it were taken for the other`,
    falseAlarmRate,
  });
}

function product(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let sum = 0;
  a.forEach((own, v) => {
    for (let i = 0; i < own.length; i++) sum += (own[i] as number) * (b[v]?.[i] ?? NaN);
  });
  return sum;
}
