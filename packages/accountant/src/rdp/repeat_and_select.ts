import {findRoot} from '../math/root.js';
import {CONVERSIONS} from './convert.js';

/**
 * Renyi divergences of the best of a random number of runs, from those of one run at several orders (Papernot and Steinke
 * 2022, "Hyperparameter Tuning with Renyi Differential Privacy").
 *
 * @param orders - Renyi orders a > 1.
 * @param rdp - one run's divergence at each order, in nats.
 * @param mean - mean number of runs, >= 1.
 * @param shape - eta >= 0 of a truncated negative binomial number, or `'poisson'`.
 */
export function repeatAndSelectRdp(
  orders: readonly number[],
  rdp: Float64Array,
  mean: number,
  shape: number | 'poisson',
): Float64Array {
  if (shape === 'poisson') return poisson(orders, rdp, mean);
  // Always one run.
  if (mean === 1) return rdp;
  return falling(orders, truncatedNegativeBinomial(orders, rdp, mean, shape));
}

/** Theorem 6: R(a) + mean * delta + ln(mean) / (a - 1), where one run is (ln(1 + 1 / (a - 1)), delta)-private. */
function poisson(orders: readonly number[], rdp: Float64Array, mean: number): Float64Array {
  return rdp.map((nats, i) => {
    const rise = (orders[i] as number) - 1;
    const epsilon = Math.log1p(1 / rise);
    let logDelta = 0;
    rdp.forEach((other, j) => {
      logDelta = Math.min(logDelta, CONVERSIONS.improved.logDelta(orders[j] as number, other, epsilon));
    });
    return nats + mean * Math.exp(logDelta) + Math.log(mean) / rise;
  });
}

/** Theorem 2: R(a) + ln(mean) / (a - 1) + (1 + eta) ((1 - 1 / b) R(b) + ln(1 / gamma) / b) for any order b. */
function truncatedNegativeBinomial(
  orders: readonly number[],
  rdp: Float64Array,
  mean: number,
  shape: number,
): Float64Array {
  const logGamma = logGammaFor(mean, shape);
  let least = Infinity;
  rdp.forEach((nats, j) => {
    const order = orders[j] as number;
    least = Math.min(least, (1 - 1 / order) * nats - logGamma / order);
  });
  return rdp.map((nats, i) => nats + Math.log(mean) / ((orders[i] as number) - 1) + (1 + shape) * least);
}

/** Divergences rise with the order, so each is at most that at any higher order. */
function falling(orders: readonly number[], rdp: Float64Array): Float64Array {
  return rdp.map((nats, i) => {
    let least = nats;
    rdp.forEach((other, j) => {
      if ((orders[j] as number) >= (orders[i] as number)) least = Math.min(least, other);
    });
    return least;
  });
}

/** ln(gamma) for a mean, not above the true one: the mean is eta (1 / gamma - 1) / (1 - gamma^eta), with its limit at 0. */
function logGammaFor(mean: number, shape: number): number {
  const logMean = (logGamma: number): number => {
    const exponent = shape * logGamma;
    const power = exponent > -1e-8 ? -logGamma * (1 + exponent / 2) : -Math.expm1(exponent) / shape;
    return Math.log(-Math.expm1(logGamma)) - logGamma - Math.log(power);
  };
  let lower = -1;
  while (logMean(lower) < Math.log(mean)) lower *= 2;
  // From mean 1 at gamma 1 the mean rises as gamma falls.
  const excess = (logGamma: number): number => logMean(logGamma) - Math.log(mean);
  const root = findRoot(excess, {lower, upper: -1e-300}, -lower * 1e-15).lower;
  // Rounding, on the safe side.
  return root * (1 + 1e-12) - 1e-12;
}
