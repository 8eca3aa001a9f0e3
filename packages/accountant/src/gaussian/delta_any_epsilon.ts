import {gaussianLogDelta} from './delta.js';

/**
 * ln(delta) of one Gaussian release at any epsilon, below 0 too, where delta(epsilon) = 1 - e^epsilon (1 - delta(-epsilon)).
 *
 * @param noiseMultiplier - z > 0.
 */
export function gaussianLogDeltaAnyEpsilon(noiseMultiplier: number, epsilon: number): number {
  if (epsilon >= 0) return gaussianLogDelta(noiseMultiplier, epsilon);
  return Math.log1p(Math.exp(epsilon) * Math.expm1(gaussianLogDelta(noiseMultiplier, -epsilon)));
}
