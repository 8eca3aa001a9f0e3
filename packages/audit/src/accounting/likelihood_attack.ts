import {fillGridGaussian, secureSource} from '@dp/random';
import {
  requireInteger,
  requireNonNegative,
  requirePositive,
  requireProbability,
  requireRate,
  requireSome,
} from '../checks.js';

/** A Gaussian release of which a record was part with some probability: `q` 1 where it surely was. */
export interface AttackedRelease {
  readonly samplingProbability: number;
  readonly noiseMultiplier: number;
}

/** Runs that tell a data set from one without the record, at one epsilon. */
export interface AttackOutcome {
  /** Estimate of the delta that holds at epsilon: the larger of both directions. */
  readonly delta: number;
  /** Below the true delta, but with probability `rate`. */
  readonly lower: number;
}

/** Noise is drawn in this unit. */
const UNITS = 2 ** 30;
const BLOCK = 4096;

/**
 * The best attack there is on a known sequence of releases, made many times: it sums the log likelihood ratio of the record's
 * presence, and estimates delta(epsilon) = E max(0, 1 - exp(epsilon - loss)) in both directions. Written apart from the
 * accountants, which it holds to account.
 *
 * @param releases - In the order in which they were made.
 * @param epsilon - What is claimed at some delta.
 */
export function likelihoodAttack(
  releases: readonly AttackedRelease[],
  epsilon: number,
  {runs, rate}: {readonly runs: number; readonly rate: number},
): AttackOutcome {
  requireNonNegative('epsilon', epsilon);
  requireInteger('runs', runs, 1);
  requireRate('rate', rate);
  requireSome('releases', releases);
  for (const {samplingProbability, noiseMultiplier} of releases) {
    requireProbability('samplingProbability', samplingProbability);
    requirePositive('noiseMultiplier', noiseMultiplier);
  }
  const remove = expectedExcess(releases, epsilon, runs, true);
  const add = expectedExcess(releases, epsilon, runs, false);
  const delta = Math.max(remove, add);
  // Bernstein: the excess lies in [0, 1], so its variance is at most its mean.
  const x = Math.log(2 / rate);
  return {delta, lower: Math.max(0, delta - Math.sqrt((2 * delta * x) / runs) - (3 * x) / runs)};
}

/** E max(0, 1 - exp(epsilon - loss)) over runs with the record (`present`), or without it and with the loss turned. */
function expectedExcess(
  releases: readonly AttackedRelease[],
  epsilon: number,
  runs: number,
  present: boolean,
): number {
  const normals = new Float64Array(BLOCK);
  const coins = new Uint32Array(BLOCK);
  const losses = new Float64Array(BLOCK);
  const source = secureSource();
  let excess = 0;
  for (let done = 0; done < runs; done += BLOCK) {
    losses.fill(0);
    for (const {samplingProbability: q, noiseMultiplier} of releases) {
      fillGridGaussian(normals, UNITS);
      source.fill(coins);
      const shift = 1 / noiseMultiplier;
      for (let i = 0; i < BLOCK; i++) {
        const joined = present && (coins[i] as number) < q * 2 ** 32;
        const seen = (normals[i] as number) / UNITS + (joined ? shift : 0);
        losses[i] = (losses[i] as number) + logRatio(seen, shift, q);
      }
    }
    const count = Math.min(BLOCK, runs - done);
    for (let i = 0; i < count; i++) {
      const loss = present ? (losses[i] as number) : -(losses[i] as number);
      if (loss > epsilon) excess += 1 - Math.exp(epsilon - loss);
    }
  }
  return excess / runs;
}

/** log of ((1 - q) + q exp(shift seen - shift^2 / 2)). */
function logRatio(seen: number, shift: number, q: number): number {
  const certain = shift * seen - (shift * shift) / 2;
  return q === 1 ? certain : Math.log1p(q * Math.expm1(certain));
}
