import {gaussianLogDeltaAnyEpsilon} from '../gaussian/delta_any_epsilon.js';
import {gaussianEpsilon} from '../gaussian/epsilon.js';
import {findRoot} from '../math/root.js';
import type {Direction} from './privacy_loss.js';

/**
 * ln(delta) of one Gaussian release from one Poisson sample, in closed form: with M = (1 - q) N(0, z^2) + q N(1, z^2),
 * M - e^epsilon N is q times (N(1) - e^y N), e^epsilon = 1 - q + q e^y, and N - e^epsilon M is c times
 * (N - e^epsilon q / c N(1)), c = 1 - e^epsilon (1 - q).
 *
 * @param samplingProbability - q, in (0, 1).
 * @param noiseMultiplier - z > 0.
 */
export function singleStepLogDelta(
  samplingProbability: number,
  noiseMultiplier: number,
  epsilon: number,
  direction: Direction,
): number {
  const q = samplingProbability;
  if (direction === 'remove') {
    const excess = Math.expm1(epsilon) / q;
    if (excess <= -1) return Math.log(-Math.expm1(epsilon));
    const y = epsilon < 36 ? Math.log1p(excess) : epsilon - Math.log(q);
    return Math.log(q) + gaussianLogDeltaAnyEpsilon(noiseMultiplier, y);
  }
  const c = -Math.expm1(epsilon + Math.log1p(-q));
  if (c <= 0) return -Infinity;
  return Math.log(c) + gaussianLogDeltaAnyEpsilon(noiseMultiplier, epsilon + Math.log(q / c));
}

/** The inverse of `singleStepLogDelta` at a delta in (0, 1); 0 if that is met at epsilon = 0. */
export function singleStepEpsilon(
  samplingProbability: number,
  noiseMultiplier: number,
  delta: number,
  direction: Direction,
): number {
  const q = samplingProbability;
  if (direction === 'remove') {
    if (delta >= q) return 0;
    const y = gaussianEpsilon({noiseMultiplier, delta: delta / q});
    return y < 700 ? Math.log1p(q * Math.expm1(y)) : y + Math.log(q);
  }
  const excess = (epsilon: number): number =>
    Math.max(-1e6, singleStepLogDelta(q, noiseMultiplier, epsilon, 'add') - Math.log(delta));
  if (excess(0) <= 0) return 0;
  const upper = -Math.log1p(-q);
  return findRoot(excess, {lower: 0, upper}, upper * 2 ** -53).upper;
}
