import type {Sampling} from '@dp/optimizers';

import {atMost, type AuditResult} from '../result.js';
import {countSurprise} from '../statistics/bounds.js';
import type {Draws} from './draw.js';

/**
 * Whether batches are Poisson samples: the mean size (exact bound), the variance of the sizes, the variance of how often
 * each record was drawn, and how many records neighbouring batches share. Batches of a fixed or a cut size, and shuffled
 * ones, have the right means and fail by their variances.
 *
 * @param rate - The false-alarm rate of all results together. The variances are held against 1.5 times the normal quantile,
 *   which leaves room for their not being quite normal.
 */
export function auditPoissonSampling(
  {sampling, sizes, inclusions, shared, faulty}: Draws<Sampling & {readonly kind: 'poisson'}>,
  rate: number,
): AuditResult[] {
  const {numExamples, samplingProbability: q} = sampling;
  const each = rate / 4;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const batches = sizes.length;
  const common = shared.reduce((sum, size) => sum + size, 0);
  return [
    atMost({
      name: 'sampler: records',
      claim: 'a batch names each record at most once, and none that is not there',
      measured: faulty,
      bound: 0,
      detail: `${batches} batches of ${numExamples} records`,
    }),
    atMost({
      name: 'sampler: mean batch size',
      claim: `each record joins with probability ${q.toPrecision(6)} (-log of the probability)`,
      measured: countSurprise(total, numExamples * batches, q),
      bound: Math.log(1 / each),
      detail: `mean size ${(total / batches).toFixed(2)}, where ${(numExamples * q).toFixed(2)} is claimed`,
      falseAlarmRate: each,
    }),
    spread('variance of batch sizes', sizes, {trials: numExamples, q}, each),
    spread('variance of inclusion counts', inclusions, {trials: batches, q}, each),
    atMost({
      name: 'sampler: independence of batches',
      claim: 'neighbouring batches share as many records as independent ones (in deviations)',
      measured:
        Math.abs(common - numExamples * shared.length * q * q) /
        Math.sqrt(Math.max(1, numExamples * shared.length * q * q)),
      bound: 1.5 * quantile(each),
      detail: `${common} records shared, where ${(numExamples * shared.length * q * q).toFixed(1)} are expected`,
      falseAlarmRate: each,
    }),
  ];
}

/** The variance of counts that are Binomial(trials, q), in standard deviations of that variance. */
function spread(
  name: string,
  counts: ArrayLike<number>,
  {trials, q}: {readonly trials: number; readonly q: number},
  rate: number,
): AuditResult {
  const mean = trials * q;
  const variance = mean * (1 - q);
  const squares = Array.from(counts, (count) => (count - mean) ** 2 / variance);
  const measured = squares.reduce((sum, square) => sum + square, 0) / counts.length;
  // The variance of (X - E X)^2 / Var X for a binomial X.
  const deviation = Math.sqrt((2 + (1 - 6 * q * (1 - q)) / variance) / counts.length);
  return atMost({
    name: `sampler: ${name}`,
    claim: 'is that of independent coins (in deviations)',
    measured: Math.abs(measured - 1) / deviation,
    bound: 1.5 * quantile(rate),
    detail: `${measured.toFixed(4)} times the claimed variance over ${counts.length} counts`,
    falseAlarmRate: rate,
  });
}

/** At least the two-sided normal quantile. */
function quantile(rate: number): number {
  return Math.sqrt(2 * Math.log(2 / rate));
}
