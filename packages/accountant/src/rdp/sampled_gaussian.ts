import {requireNonNegative, requireProbability} from '../checks.js';
import {logAdd} from '../math/log_add.js';
import {gaussianRdp} from './gaussian.js';
import {requireOrder} from './orders.js';
import {logExcessAtFractionalOrder} from './fractional_order.js';
import {logExcessAtIntegerOrder} from './integer_order.js';

/** Below this noise the two extreme terms of the moment are all that a double sees of it. */
const TWO_TERMS_ARE_ENOUGH = 0.04;

/**
 * Renyi differential privacy of one Gaussian release from a Poisson-sampled batch, in nats, under add-or-remove-one.
 *
 * It is ln(A) / (alpha - 1) with the moment A = E[((1 - q) + q e^y)^alpha], y = (2x - 1) / (2 z^2), x ~ N(0, z^2): the
 * direction in which the record is removed, which is the larger one (Mironov, Talwar and Zhang 2019, "Renyi Differential
 * Privacy of the Sampled Gaussian Mechanism", Theorem 5 and section 3.3). For small q, A is so near 1 that ln(A) has to
 * be built from A - 1, which is computed here as a sum or an integral of positive terms only.
 *
 * @param samplingProbability - q in [0, 1].
 * @param noiseMultiplier - z >= 0; infinite: nothing is released.
 * @param order - alpha in (1, 2^20], integer or not.
 * @throws RangeError if one is out of its range.
 */
export function sampledGaussianRdp(
  samplingProbability: number,
  noiseMultiplier: number,
  order: number,
): number {
  requireProbability('samplingProbability', samplingProbability);
  if (noiseMultiplier !== Infinity) requireNonNegative('noiseMultiplier', noiseMultiplier);
  requireOrder('order', order);
  const q = samplingProbability;
  if (q === 0) return 0;
  if (q === 1) return gaussianRdp(noiseMultiplier, order);
  return logMoment(q, noiseMultiplier, order) / (order - 1);
}

function logMoment(q: number, noiseMultiplier: number, order: number): number {
  if (noiseMultiplier < TWO_TERMS_ARE_ENOUGH) {
    const power = (order * (order - 1)) / (2 * noiseMultiplier * noiseMultiplier);
    return logAdd(order * Math.log1p(-q), order * Math.log(q) + power);
  }
  const logExcess = Number.isInteger(order) ? logExcessAtIntegerOrder : logExcessAtFractionalOrder;
  return logAdd(0, logExcess(q, noiseMultiplier, order));
}
