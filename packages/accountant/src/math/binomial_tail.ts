import {logBinomialMass} from './log_binomial_mass.js';

/** A probability and a bound on its relative error. */
export interface BinomialTail {
  readonly probability: number;
  readonly error: number;
}

const U = 2 ** -53;
/** Roundings of a mass by `logBinomialMass`, whose logarithm is above -750. */
const MASS_ROUNDINGS = 2000;

/** P(X >= k) for X ~ Binomial(n, p): from k away from the mean, term by term. */
export function binomialTail(n: number, k: number, p: number): BinomialTail {
  if (k <= 0) return {probability: 1, error: 0};
  if (k > n || p === 0) return {probability: 0, error: 0};
  if (p === 1) return {probability: 1, error: 0};
  const mean = n * p;
  const upwards = k > mean;
  // The ratio of a term to the one before.
  const odds = p / (1 - p);
  let at = upwards ? k : k - 1;
  let term = Math.exp(logBinomialMass(n, at, p));
  let sum = term;
  let steps = 0;
  for (; term > sum * U * 2 ** -10 && at > 0 && at < n; steps++) {
    term *= upwards ? ((n - at) / (at + 1)) * odds : at / ((n - at + 1) * odds);
    at += upwards ? 1 : -1;
    sum += term;
  }
  const error = U * (MASS_ROUNDINGS + 8 * Math.abs(k - mean) + 8 * steps);
  return {probability: upwards ? sum : Math.max(0, 1 - sum), error};
}
