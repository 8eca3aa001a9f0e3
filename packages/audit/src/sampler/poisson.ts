import {atMost, type AuditResult} from '../result.js';
import {binomialMasses} from '../statistics/binomial.js';
import {countSurprise} from '../statistics/bounds.js';
import type {Draws} from './draw.js';

/** What batches are held against. */
export interface PoissonClaim {
  /** Units that may be drawn: records, or users. */
  readonly units: number;
  /** With which each joins, before a cap. */
  readonly samplingProbability: number;
  /** The size that a larger batch is cut to, if it is. */
  readonly maxBatchSize?: number;
}

/**
 * Whether batches are Poisson samples, perhaps cut to a largest size: the mean size, the variance of the sizes, the variance of how
 * often each unit was drawn, how many units neighbouring batches share, and how many batches have the largest size. Batches of a
 * fixed size, those that are cut and do not say so, and shuffled ones fail by their variances.
 *
 * @param rate - The false-alarm rate of all results together. Variances, and the mean of cut batches, are held against 1.5 times the
 *   normal quantile, which leaves room for their not being quite normal.
 */
export function auditPoissonSampling(
  {sizes, inclusions, shared, faulty}: Draws,
  {units, samplingProbability: q, maxBatchSize}: PoissonClaim,
  rate: number,
): AuditResult[] {
  const each = rate / 5;
  const batches = sizes.length;
  const law = sizeLaw(units, q, maxBatchSize);
  // Of one unit, after the cap.
  const joins = law.mean / units;
  const common = shared.reduce((sum, size) => sum + size, 0);
  const expected = units * shared.length * joins * joins;
  const mean = sizes.reduce((sum, size) => sum + size, 0) / batches;
  const meanSize = {
    name: 'sampler: mean batch size',
    detail: `mean size ${mean.toFixed(2)}, where ${law.mean.toFixed(2)} is claimed`,
    falseAlarmRate: each,
  };
  return [
    atMost({
      name: 'sampler: records',
      claim: 'a batch names each record at most once, and none that is not there',
      measured: faulty,
      bound: 0,
      detail: `${batches} batches of ${units}`,
    }),
    maxBatchSize === undefined
      ? atMost({
          ...meanSize,
          claim: `each joins with probability ${q.toPrecision(6)} (-log of the probability)`,
          measured: countSurprise(mean * batches, units * batches, q),
          bound: Math.log(1 / each),
        })
      : atMost({
          ...meanSize,
          claim: `each joins with probability ${q.toPrecision(6)}, and batches are cut (in deviations)`,
          measured: Math.abs(mean - law.mean) / Math.sqrt(law.variance / batches),
          bound: 1.5 * quantile(each),
        }),
    spread('variance of batch sizes', sizes, law, each),
    spread('variance of inclusion counts', inclusions, binomialLaw(batches, joins), each),
    atMost({
      name: 'sampler: independence of batches',
      claim: 'neighbouring batches share as many as independent ones (in deviations)',
      measured: Math.abs(common - expected) / Math.sqrt(Math.max(1, expected)),
      bound: 1.5 * quantile(each),
      detail: `${common} shared, where ${expected.toFixed(1)} are expected`,
      falseAlarmRate: each,
    }),
    ...(maxBatchSize === undefined ? [] : capped(sizes, maxBatchSize, law.atCap, each)),
  ];
}

/** Whether no batch is larger than the cap, and as many reach it as should. */
function capped(sizes: readonly number[], cap: number, atCap: number, rate: number): AuditResult[] {
  const [larger, full] = [sizes.filter((size) => size > cap), sizes.filter((size) => size === cap)];
  return [
    atMost({
      name: 'sampler: cap',
      claim: `a batch holds at most ${cap}`,
      measured: larger.length,
      bound: 0,
      detail: `${larger.length} of ${sizes.length} batches were larger`,
    }),
    atMost({
      name: 'sampler: batches at the cap',
      claim: `a batch is of ${cap} with probability ${atCap.toPrecision(4)} (-log of the probability)`,
      measured: countSurprise(full.length, sizes.length, atCap),
      bound: Math.log(1 / rate),
      detail: `${full.length} of ${sizes.length} batches`,
      falseAlarmRate: rate,
    }),
  ];
}

interface Law {
  readonly mean: number;
  readonly variance: number;
  /** Of (X - mean)^2 / variance. */
  readonly kurtosis: number;
}

function binomialLaw(trials: number, q: number): Law {
  const mean = trials * q;
  const variance = mean * (1 - q);
  return {mean, variance, kurtosis: 2 + (1 - 6 * q * (1 - q)) / variance};
}

/** The sizes of batches: binomial, and at most the cap. */
function sizeLaw(units: number, q: number, cap = units): Law & {readonly atCap: number} {
  if (cap >= units) return {...binomialLaw(units, q), atCap: 0};
  const masses = binomialMasses(units, q);
  const expectation = (of: (size: number) => number): number =>
    masses.reduce((sum, mass, size) => sum + mass * of(Math.min(size, cap)), 0);
  const mean = expectation((size) => size);
  const variance = expectation((size) => (size - mean) ** 2);
  const kurtosis = expectation((size) => ((size - mean) ** 2 / variance - 1) ** 2);
  return {mean, variance, kurtosis, atCap: expectation((size) => Number(size === cap))};
}

/** The variance of counts of a law, in standard deviations of that variance. */
function spread(
  name: string,
  counts: ArrayLike<number>,
  {mean, variance, kurtosis}: Law,
  rate: number,
): AuditResult {
  const squares = Array.from(counts, (count) => (count - mean) ** 2 / variance);
  const measured = squares.reduce((sum, square) => sum + square, 0) / counts.length;
  return atMost({
    name: `sampler: ${name}`,
    claim: 'is that of independent coins (in deviations)',
    measured: Math.abs(measured - 1) / Math.sqrt(kurtosis / counts.length),
    bound: 1.5 * quantile(rate),
    detail: `${measured.toFixed(4)} times the claimed variance over ${counts.length} counts`,
    falseAlarmRate: rate,
  });
}

/** At least the two-sided normal quantile. */
function quantile(rate: number): number {
  return Math.sqrt(2 * Math.log(2 / rate));
}
