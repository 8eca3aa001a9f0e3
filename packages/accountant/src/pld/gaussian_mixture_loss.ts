import {erfc} from '../math/erfc.js';
import {type Mixture, mixtureRatio} from './gaussian_mixture_ratio.js';
import type {Direction, LossDensity, PrivacyLoss} from './privacy_loss.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {abs, asinh, exp, log, log1p, max, sinh, sqrt} = Math;

/** So many standard deviations hold all masses that a double can. */
const MOST_DEVIATIONS = 38;
const SQRT_TWO_PI = sqrt(2 * Math.PI);

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
  const {log: logRatio, position, reach} = mixtureRatio(mixture, z);
  const density: LossDensity =
    direction === 'remove'
      ? {
          loss: logRatio,
          density: (x, loss) => exp(loss - (x * x) / (2 * z * z)) / (z * SQRT_TWO_PI),
          position,
          largest: Infinity,
          roughness: (x) => (abs(x) + reach(x) + z) / (z * z),
          below: (x) => weightedSum(means, probabilities, (mean) => normalTail((mean - x) / z)),
          above: (x) => weightedSum(means, probabilities, (mean) => normalTail((x - mean) / z)),
          range: (logMass) => [-z * sqrt(-2 * logMass), lastOutcome(mixture, z, logMass)],
        }
      : {
          // The outcome is mirrored, so that the loss rises with it.
          loss: (x) => -logRatio(-x),
          density: (x) => exp(-(x * x) / (2 * z * z)) / (z * SQRT_TWO_PI),
          position: (loss) => -position(-loss),
          largest: -log(massAtZero(mixture)),
          roughness: (x) => (abs(x) + reach(-x) + z) / (z * z),
          below: (x) => normalTail(-x / z),
          above: (x) => normalTail(x / z),
          range: (logMass) => [-z * sqrt(-2 * logMass), z * sqrt(-2 * logMass)],
        };
  return {atoms: [], densities: [density], infinite: 0, massError: massError(mixture, z)};
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
  const {log: logRatio} = mixtureRatio({means: [0, 1], probabilities: [1 - q, q]}, z);
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

/**
 * An outcome above which M has a mass of at most exp(`logMass`): of n components each may leave half a share of 1 / n there,
 * or all of itself, if it is no larger. Components too rare to be seen so cost no grid.
 */
function lastOutcome({means, probabilities}: Mixture, z: number, logMass: number): number {
  const logShare = logMass - log(2 * means.length);
  return means.reduce((last, mean, j) => {
    const excess = log(probabilities[j] as number) - logShare;
    return excess > 0 ? max(last, mean + z * sqrt(2 * excess)) : last;
  }, 0);
}

/** Of many components, exponents of opposite signs and up to this size cancel each other; of two, their sizes are small. */
function massError({means}: Mixture, z: number): number {
  if (means.length <= 2) return 0;
  const outcome = means.reduce((most, mean) => Math.max(most, mean), 0) / z + MOST_DEVIATIONS;
  return 2 ** -51 * outcome * outcome;
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
