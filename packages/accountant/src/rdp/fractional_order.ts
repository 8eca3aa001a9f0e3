import {logAdd} from '../math/log_add.js';
import {logSumExp} from '../math/log_sum_exp.js';

/** Half-width of the window around the integrand's extreme peaks: beyond it lies less than e^-60 of a peak. */
const REACH = 11;
/** The trapezoidal rule's error, as a power of e. */
const DIGITS = 42;

/**
 * ln(A - 1) for the moment A of `sampledGaussianRdp` at any order alpha > 1, as the integral
 * A - 1 = E[(1 + u)^alpha - 1 - alpha u], u = q (e^y - 1), y = t / z - 1 / (2 z^2), t ~ N(0, 1),
 * in which alpha u may be taken away because its mean is 0, and what is left is >= 0 by Bernoulli's inequality: nothing
 * cancels, whatever q and z are. Mironov, Talwar and Zhang's series (2019, section 3.3) has the same value, but its terms
 * change sign, and it converges too slowly for large q.
 *
 * The integrand is analytic in a strip around the real line, so the trapezoidal rule converges exponentially in 1 / step
 * (Trefethen and Weideman 2014, "The exponentially convergent trapezoidal rule", Theorem 5.1).
 */
export function logExcessAtFractionalOrder(q: number, noiseMultiplier: number, order: number): number {
  const z = noiseMultiplier;
  // The strip ends where 1 + u = 0, at a distance of pi z; the rule's error there is exp(width^2 / 2 - 2 pi width / step).
  const width = Math.min(Math.PI * z, Math.sqrt(2 * DIGITS));
  const step = (2 * Math.PI * width) / (DIGITS + (width * width) / 2);
  const from = -REACH;
  // The integrand grows no faster than e^(max(2, alpha) t / z), so its last peak is there.
  const to = Math.max(2, order) / z + REACH;
  const logTerms = new Float64Array(Math.ceil((to - from) / step) + 1);
  for (let i = 0; i < logTerms.length; i++) {
    const t = from + i * step;
    const y = (t - 1 / (2 * z)) / z;
    logTerms[i] = logBernoulliExcess(logMixture(q, y), order) - (t * t) / 2;
  }
  return logSumExp(logTerms) + Math.log(step / Math.sqrt(2 * Math.PI));
}

/** ln((1 - q) + q e^y), exact also near 0. */
function logMixture(q: number, y: number): number {
  return y < 700 ? Math.log1p(q * Math.expm1(y)) : logAdd(Math.log1p(-q), y + Math.log(q));
}

/**
 * ln((1 + u)^alpha - 1 - alpha u), given l = ln(1 + u), by
 * (1 + u)^alpha - 1 - alpha u = e^l [(e^(b l) - 1) + b (e^-l - 1)], b = alpha - 1.
 */
function logBernoulliExcess(l: number, order: number): number {
  const b = order - 1;
  if (b * l > 700) return l + b * l;
  const largest = Math.max(1, b) * Math.abs(l);
  const bracket = largest < 0.5 ? bracketSeries(l, b) : Math.expm1(b * l) + b * Math.expm1(-l);
  return l + Math.log(bracket);
}

/** (e^(b l) - 1) + b (e^-l - 1) for small l, by its Taylor series, whose linear terms cancel. */
function bracketSeries(l: number, b: number): number {
  let sum = 0;
  let rising = b * l;
  let falling = -b * l;
  for (let k = 2; k <= 18; k++) {
    rising *= (b * l) / k;
    falling *= -l / k;
    sum += rising + falling;
  }
  return sum;
}
