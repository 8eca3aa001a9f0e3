import {requireNonNegative} from '../checks.js';
import {gaussLegendre} from '../math/gauss_legendre.js';
import {logErfc} from '../math/log_erfc.js';
import {millsRatio} from '../math/mills_ratio.js';
import {millsRatioFall} from '../math/mills_ratio_fall.js';

const LOG_SQRT_TWO_PI = Math.log(2 * Math.PI) / 2;

/**
 * The exact delta of one Gaussian release at a given epsilon, by `gaussianLogDelta`; below 1e-308 it is 0 by underflow.
 *
 * @throws RangeError unless `noiseMultiplier` (noise standard deviation over sensitivity) and `epsilon` are finite, >= 0.
 */
export function gaussianDelta(options: {readonly noiseMultiplier: number; readonly epsilon: number}): number {
  const {noiseMultiplier, epsilon} = options;
  requireNonNegative('noiseMultiplier', noiseMultiplier);
  requireNonNegative('epsilon', epsilon);
  // The smallest doubles have no reciprocal.
  return Number.isFinite(1 / noiseMultiplier) ? Math.exp(gaussianLogDelta(noiseMultiplier, epsilon)) : 1;
}

/**
 * ln(delta) of one Gaussian release, exact (Balle and Wang 2018, Theorem 8):
 * delta = Phi(-x) - e^epsilon Phi(-x - m), with m = 1 / z and x = epsilon / m - m / 2.
 *
 * With the normal density phi and Mills' ratio M = Phi(-x) / phi(x) it is phi(x) (M(x) - M(x + m)), since
 * e^epsilon phi(x + m) = phi(x): no large numbers, and for small m the difference is an integral of the slope, so that
 * all digits are kept for any noise, and any epsilon >= 0.
 *
 * @param noiseMultiplier - z > 0.
 */
export function gaussianLogDelta(noiseMultiplier: number, epsilon: number): number {
  const m = 1 / noiseMultiplier;
  const x = epsilon * noiseMultiplier - m / 2;
  const logDensity = -(x * x) / 2 - LOG_SQRT_TWO_PI;
  if (m <= 1) return logDensity + Math.log(gaussLegendre(millsRatioFall, x, m));
  if (x > 0) return logDensity + Math.log(millsRatio(x) - millsRatio(x + m));
  // Mills' ratio would overflow here, and delta is not small.
  const logHead = logErfc(x * Math.SQRT1_2) - Math.LN2;
  return logHead + Math.log1p(-millsRatio(x + m) * Math.exp(logDensity - logHead));
}
