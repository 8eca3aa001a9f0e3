import {logExpm1} from '../math/log_expm1.js';
import {logSumExp} from '../math/log_sum_exp.js';

/**
 * ln(A - 1) for the moment A of `sampledGaussianRdp` at an integer order, by the binomial sum
 * A - 1 = sum over k >= 2 of binomial(alpha, k) (1 - q)^(alpha - k) q^k (e^((k^2 - k) / (2 z^2)) - 1),
 * in which the terms k = 0 and k = 1 cancel exactly and all others are positive.
 *
 * Source: Mironov, Talwar and Zhang 2019, equation 6, less the binomial expansion of (1 - q + q)^alpha = 1.
 */
export function logExcessAtIntegerOrder(q: number, noiseMultiplier: number, order: number): number {
  const logQ = Math.log(q);
  const logRest = Math.log1p(-q);
  const twoVariances = 2 * noiseMultiplier * noiseMultiplier;
  const logTerms = new Float64Array(order - 1);
  let logBinomial = Math.log(order);
  for (let k = 2; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k);
    logTerms[k - 2] = logBinomial + (order - k) * logRest + k * logQ + logExpm1((k * (k - 1)) / twoVariances);
  }
  return logSumExp(logTerms);
}
