import {logAdd} from '../math/log_add.js';
import {logExpm1} from '../math/log_expm1.js';
import {logSumExp} from '../math/log_sum_exp.js';

/** ln 2 and ln 4, of Theorem 27. */
const LOG_2 = Math.LN2;
const LOG_4 = 2 * Math.LN2;
/** Half-width of the window around the integrand's extreme peaks, and the trapezoidal rule's error, as a power of e. */
const REACH = 12;
const DIGITS = 42;
/** At l / s^2 above this, E[(r - 1)^l] is E[r^l] to 1e-15. */
const ALL_LARGE = 40;

/**
 * Renyi divergences of a Gaussian on a uniformly random subset, a share q of all records, when one record is replaced: Wang,
 * Balle and Kasiviswanathan 2019, "Subsampled Renyi Differential Privacy and Analytical Moments Accountant", Theorem 27,
 *   (a - 1) R(a) = ln(1 + sum over j >= 2 of binomial(a, j) q^j min(2 E[r^j], 4 sqrt(B(j - j % 2) B(j + j % 2)))),
 * B(l) = E[(r - 1)^l] for the likelihood ratio r of the Gaussian, at integer orders a; (a - 1) R(a) is convex in a between.
 *
 * @param samplingShare - q in (0, 1).
 * @param noise - s, the standard deviation over the distance between two records' contributions, > 0.
 */
export function withoutReplacementRdp(
  samplingShare: number,
  noise: number,
  orders: readonly number[],
): Float64Array {
  const evenMoments = new Map<number, number>();
  const evenMoment = (l: number): number => {
    const known = evenMoments.get(l);
    if (known !== undefined) return known;
    const found = l === 2 ? logExpm1(1 / (noise * noise)) : logEvenMoment(l, noise);
    evenMoments.set(l, found);
    return found;
  };
  const atInteger = new Map<number, number>([[1, 0]]);
  const logMoment = (order: number): number => {
    const known = atInteger.get(order);
    if (known !== undefined) return known;
    const found = logAdd(0, logExcess(samplingShare, noise, order, evenMoment));
    atInteger.set(order, found);
    return found;
  };
  return Float64Array.from(orders, (order) => {
    const below = Math.floor(order);
    const part = order - below;
    const moment =
      part === 0 ? logMoment(order) : (1 - part) * logMoment(below) + part * logMoment(below + 1);
    return Math.min(moment / (order - 1), order / (2 * noise * noise));
  });
}

function logExcess(q: number, noise: number, order: number, evenMoment: (l: number) => number): number {
  const logTerms = new Float64Array(order - 1);
  let logBinomial = Math.log(order);
  for (let j = 2; j <= order; j++) {
    logBinomial += Math.log((order - j + 1) / j);
    const plain = LOG_2 + (j * (j - 1)) / (2 * noise * noise);
    const ternary = LOG_4 + (evenMoment(j - (j % 2)) + evenMoment(j + (j % 2))) / 2;
    logTerms[j - 2] = logBinomial + j * Math.log(q) + Math.min(plain, ternary);
  }
  return logSumExp(logTerms);
}

/** ln E[(e^y - 1)^l], y = t / s - 1 / (2 s^2), t ~ N(0, 1), l even: an integral of what is >= 0, by the trapezoidal rule. */
function logEvenMoment(l: number, noise: number): number {
  const s = noise;
  if (l > ALL_LARGE * s * s) return logAdd(0, (l * (l - 1)) / (2 * s * s));
  const root = Math.sqrt(l);
  // At a distance w from the real line the integrand is at most e^(w^2 / 2 + w sqrt(l)) times as large.
  const width = Math.sqrt(2 * DIGITS);
  const step = (2 * Math.PI) / (DIGITS / width + width / 2 + root);
  const from = -root - REACH;
  const to = l / s + root + 1 / (2 * s) + REACH;
  const logTerms = new Float64Array(Math.ceil((to - from) / step) + 1);
  for (let i = 0; i < logTerms.length; i++) {
    const t = from + i * step;
    const y = (t - 1 / (2 * s)) / s;
    logTerms[i] = l * Math.log(Math.abs(Math.expm1(y))) - (t * t) / 2;
  }
  return logSumExp(logTerms) + Math.log(step / Math.sqrt(2 * Math.PI));
}
