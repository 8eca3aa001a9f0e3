import {requireDelta, requirePositive} from '../checks.js';
import {gaussianLogDelta} from '../gaussian/delta.js';
import {findRoot} from '../math/root.js';

/**
 * The smallest standard deviation with which one Gaussian release is (epsilon, delta)-private (Balle and Wang 2018,
 * "Improving the Gaussian Mechanism for Differential Privacy"), on the safe side of its rounding, to 1e-12.
 *
 * @param options - `epsilon` > 0 in nats, `delta` in (0, 1), and the L2 `sensitivity` of the sum, > 0, default 1.
 * @returns the standard deviation, in units of the sensitivity's.
 * @throws RangeError for an argument out of its bounds.
 *
 * @example
 * analyticGaussian({epsilon: 1, delta: 1e-5}); // 3.7306...
 */
export function analyticGaussian(options: {
  readonly epsilon: number;
  readonly delta: number;
  readonly sensitivity?: number;
}): number {
  const {epsilon, delta, sensitivity = 1} = options;
  requirePositive('epsilon', epsilon);
  requireDelta('delta', delta);
  requirePositive('sensitivity', sensitivity);
  const excess = (logNoise: number): number =>
    Math.max(-1e6, gaussianLogDelta(Math.exp(logNoise), epsilon) - Math.log(delta));
  let [lower, upper] = [-1, 1];
  while (excess(lower) < 0) lower *= 2;
  while (excess(upper) > 0) upper *= 2;
  return sensitivity * Math.exp(findRoot(excess, {lower, upper}, 1e-13).upper) * (1 + 1e-13);
}
