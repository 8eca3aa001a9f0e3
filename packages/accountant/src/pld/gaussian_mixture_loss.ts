import {erfc} from '../math/erfc.js';
import type {Direction, LossDensity, PrivacyLoss} from './privacy_loss.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {abs, asinh, exp, expm1, log, log1p, max, min, sinh, sqrt} = Math;

const MOST_NEWTON_STEPS = 60;
const SQRT_TWO_PI = sqrt(2 * Math.PI);

/** Component means >= 0 in units of the sensitivity, and their probabilities. */
export interface Mixture {
  readonly means: readonly number[];
  readonly probabilities: readonly number[];
}

/**
 * The loss between M = sum of w_j N(s_j, z^2), s_j >= 0, and N(0, z^2): (P, Q) = (M, N) to remove, (N, M) to add. This is
 * the dominating pair of a Gaussian from a Poisson sample, which two datasets attain: w = (1 - q, q), s = (0, 1) (Zhu, Dong
 * and Wang 2022, "Optimal Accounting of Differential Privacy via Characteristic Function", Theorem 11).
 *
 * @param noiseMultiplier - z > 0.
 */
export function gaussianMixtureLoss(
  mixture: Mixture,
  noiseMultiplier: number,
  direction: Direction,
): PrivacyLoss {
  const z = noiseMultiplier;
  const {means, probabilities} = mixture;
  const largest = max(...means);
  const logRatio = logRatioOf(mixture, z);
  const position = positionOf(mixture, z, logRatio);
  const density: LossDensity =
    direction === 'remove'
      ? {
          loss: logRatio,
          density: (x, loss) => exp(loss - (x * x) / (2 * z * z)) / (z * SQRT_TWO_PI),
          position,
          largest: Infinity,
          roughness: (x) => (abs(x) + largest + z) / (z * z),
          below: (x) => weightedSum(means, probabilities, (mean) => normalTail((mean - x) / z)),
          above: (x) => weightedSum(means, probabilities, (mean) => normalTail((x - mean) / z)),
          range: (logMass) => [-z * sqrt(-2 * logMass), largest + z * sqrt(-2 * logMass)],
        }
      : {
          // The outcome is mirrored, so that the loss rises with it.
          loss: (x) => -logRatio(-x),
          density: (x) => exp(-(x * x) / (2 * z * z)) / (z * SQRT_TWO_PI),
          position: (loss) => -position(-loss),
          largest: -log(massAtZero(mixture)),
          roughness: (x) => (abs(x) + largest + z) / (z * z),
          below: (x) => normalTail(-x / z),
          above: (x) => normalTail(x / z),
          range: (logMass) => [-z * sqrt(-2 * logMass), z * sqrt(-2 * logMass)],
        };
  return {atoms: [], densities: [density], infinite: 0};
}

/**
 * The loss of a Gaussian from a Poisson sample when a record is replaced: P = (1 - q) N(0, z^2) + q N(1, z^2) against
 * Q = (1 - q) N(0, z^2) + q N(-1, z^2), the same in both directions.
 *
 * That this pair dominates: let the record contribute a under D and b under D', |a|, |b| <= 1. For alpha >= 1 the
 * hockey-stick divergence is q E[(1 - c X - alpha Y)_+] with c = (alpha - 1)(1 - q) / q >= 0 and
 * X = exp(-U - Var U / 2), Y = exp(-V - Var V / 2) for the normal U = <a, g>, V = <a - b, g>, g ~ N(0, z^-2 I). The bracket
 * is convex in (X, Y) with a mixed derivative >= 0, so by Plackett's identity its mean rises with Var U = |a|^2 / z^2, with
 * Var V = |a - b|^2 / z^2 and with Cov(U, V) = (|a|^2 - <a, b>) / z^2. All three are largest at a = -b, |a| = 1. Orders
 * below 1 follow by exchanging P and Q.
 */
export function replacedSampledGaussianLoss(
  samplingProbability: number,
  noiseMultiplier: number,
): PrivacyLoss {
  const q = samplingProbability;
  const z = noiseMultiplier;
  const logRatio = logRatioOf({means: [0, 1], probabilities: [1 - q, q]}, z);
  const c = log(q) - 1 / (2 * z * z);
  const positionAbove = (loss: number): number => {
    // c t^2 + (1 - q)(1 - e^l) t - e^l c = 0 for t = e^(x / z^2), divided by e^(l / 2): the roots are symmetric.
    const linear = (1 - q) * sinh(loss / 2) * exp(-c);
    if (!Number.isFinite(linear)) return z * z * (loss + log1p(-q) - c);
    return z * z * (loss / 2 + asinh(linear));
  };
  const density: LossDensity = {
    loss: (x) => logRatio(x) - logRatio(-x),
    density: (x) => exp(logRatio(x) - (x * x) / (2 * z * z)) / (z * SQRT_TWO_PI),
    largest: Infinity,
    position: (loss) => (loss >= 0 ? positionAbove(loss) : -positionAbove(-loss)),
    roughness: (x) => (abs(x) + 2 + z) / (z * z),
    below: (x) => (1 - q) * normalTail(-x / z) + q * normalTail((1 - x) / z),
    above: (x) => (1 - q) * normalTail(x / z) + q * normalTail((x - 1) / z),
    range: (logMass) => [-z * sqrt(-2 * logMass), 1 + z * sqrt(-2 * logMass)],
  };
  return {atoms: [], densities: [density], infinite: 0};
}

/** ln(M(x) / N(x)), exact also where the ratio is near 1. */
function logRatioOf({means, probabilities}: Mixture, z: number): (x: number) => number {
  const twoVariances = 2 * z * z;
  const [w0 = 0, w1 = 0] = probabilities;
  const [m0 = 0, m1 = 0] = means;
  if (means.length === 1) return (x) => (m0 * (2 * x - m0)) / twoVariances;
  if (means.length === 2 && m0 === 0) {
    const logW0 = log(w0);
    const logW1 = log(w1);
    return (x) => {
      const y = (m1 * (2 * x - m1)) / twoVariances;
      return y < 36 ? log1p(w1 * expm1(y)) : y + logW1 + log1p(exp(logW0 - logW1 - y));
    };
  }
  return (x) => {
    const powers = means.map((mean) => (mean * (2 * x - mean)) / twoVariances);
    const top = max(0, ...powers);
    if (top < 36) return log1p(weightedSum(powers, probabilities, expm1));
    return top + log(weightedSum(powers, probabilities, (power) => exp(power - top)));
  };
}

/** The inverse of the log ratio. */
function positionOf(
  {means, probabilities}: Mixture,
  z: number,
  logRatio: (x: number) => number,
): (loss: number) => number {
  const variance = z * z;
  const [m0 = 0, m1 = 0] = means;
  if (means.length === 1) return (loss) => (loss * variance) / m0 + m0 / 2;
  const smallest = log(massAtZero({means, probabilities}));
  if (means.length === 2 && m0 === 0) {
    const w1 = probabilities[1] as number;
    const logW1 = log(w1);
    return (loss) => {
      if (loss <= smallest) return -Infinity;
      const excess = expm1(loss) / w1;
      if (excess <= -1) return -Infinity;
      return m1 / 2 + (variance / m1) * (loss < 36 ? log1p(excess) : loss - logW1);
    };
  }
  const logWeights = probabilities.map((probability) => log(probability));
  return (loss) => {
    if (loss <= smallest) return -Infinity;
    // The log ratio is convex and each term alone is below it, so Newton's method falls from here to the root.
    let x = Infinity;
    means.forEach((mean, j) => {
      if (mean > 0) x = min(x, ((loss - (logWeights[j] as number)) * variance) / mean + mean / 2);
    });
    for (let step = 0; step < MOST_NEWTON_STEPS; step++) {
      const value = logRatio(x);
      const slope = slopeOf(means, logWeights, variance, x, value);
      const next = x - (value - loss) / slope;
      if (!(next < x) || !(slope > 0)) break;
      x = next;
    }
    return x;
  };
}

/** The derivative of the log ratio. */
function slopeOf(
  means: readonly number[],
  logWeights: readonly number[],
  variance: number,
  x: number,
  value: number,
): number {
  let slope = 0;
  means.forEach((mean, j) => {
    const power = (mean * (2 * x - mean)) / (2 * variance) + (logWeights[j] as number);
    slope += (mean / variance) * exp(power - value);
  });
  return slope;
}

function massAtZero({means, probabilities}: Mixture): number {
  return means.reduce((sum, mean, j) => (mean === 0 ? sum + (probabilities[j] as number) : sum), 0);
}

function normalTail(x: number): number {
  return erfc(x * Math.SQRT1_2) / 2;
}

function weightedSum(
  values: readonly number[],
  weights: readonly number[],
  f: (value: number) => number,
): number {
  return values.reduce((sum, value, j) => sum + (weights[j] as number) * f(value), 0);
}
