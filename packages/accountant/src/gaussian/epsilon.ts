import {requireDelta, requireNonNegative} from '../checks.js';
import {findRoot} from '../math/root.js';
import {gaussianLogDelta} from './delta.js';

/**
 * The exact epsilon of one Gaussian release at a given delta: the inverse of `gaussianDelta`, on the safe side of its
 * rounding. Several Gaussians of the same sum count as one, see `reduceToGaussian`: n of noise z are one of z / sqrt(n).
 *
 * @returns epsilon in nats, >= 0; `Infinity` for noise 0.
 * @throws RangeError unless `noiseMultiplier` (noise standard deviation over sensitivity) is finite and >= 0, and
 *   0 < delta < 1.
 */
export function gaussianEpsilon(options: {readonly noiseMultiplier: number; readonly delta: number}): number {
  const {noiseMultiplier, delta} = options;
  requireNonNegative('noiseMultiplier', noiseMultiplier);
  requireDelta('delta', delta);
  if (noiseMultiplier === 0) return Infinity;
  const logDelta = Math.log(delta);
  const excess = (epsilon: number): number => gaussianLogDelta(noiseMultiplier, epsilon) - logDelta;
  if (excess(0) <= 0) return 0;
  // delta(epsilon) <= Phi(-x) < exp(-x^2 / 2), so at this x, and its epsilon, delta is already met.
  const m = 1 / noiseMultiplier;
  const upper = m * (Math.sqrt(-2 * logDelta) + m / 2);
  // So little noise that x is lost in the rounding of m, or has no reciprocal: the bound itself, rounded up.
  if (!(excess(upper) <= 0)) return upper * (1 + 2 ** -50);
  return findRoot(excess, {lower: 0, upper}, upper * 2 ** -53).upper;
}
