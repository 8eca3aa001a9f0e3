import {ERF_NEAR_ZERO_LIMIT, erfNearZero} from '../math/erf_near_zero.js';
import {erfc} from '../math/erfc.js';
import {gaussianMixtureLoss} from './gaussian_mixture_loss.js';
import {mixtureOfLosses, type WeightedLoss} from './privacy_loss_mixture.js';
import type {LossDensity, PrivacyLoss} from './privacy_loss.js';
import {logBinomialMass} from '../math/log_binomial_mass.js';

const U = 2 ** -53;
/** Weights below this are an infinite loss. */
const LEAST_WEIGHT = 1e-300;

/**
 * The loss of a Gaussian on a uniformly random subset, a share q of all records, when one record is replaced. For orders
 * a >= 1 its hockey-stick divergence is at most q times that of the Gaussian at 1 + (a - 1) / q (Balle, Barthe and Gaboardi
 * 2018, "Privacy Amplification by Subsampling", Theorem 9): that of R = (1 - q) Q + q P against Q. The relation is symmetric,
 * and so is the pair of these two profiles, a of R against Q above 1 and of Q against R below: losses above 0 have the
 * probabilities of R, losses below the mirrored ones of Q, and what is left, >= 0, has none. It dominates (Zhu, Dong and
 * Wang 2022, Proposition 8).
 *
 * @param samplingShare - q in (0, 1).
 * @param noise - standard deviation over the distance between P and Q, > 0.
 */
export function subsetLoss(samplingShare: number, noise: number): PrivacyLoss {
  const q = samplingShare;
  const mixture = {means: [0, 1], probabilities: [1 - q, q]};
  const [above] = gaussianMixtureLoss(mixture, noise, 'remove').densities as [LossDensity];
  const [below] = gaussianMixtureLoss(mixture, noise, 'add').densities as [LossDensity];
  // The outcome at which the loss is 0; here x = 0.
  const middle = 0.5;
  const massAbove = above.above(middle);
  const massBelow = below.below(-middle);
  const scaled = middle / (noise * Math.SQRT2);
  const erf = scaled <= ERF_NEAR_ZERO_LIMIT ? erfNearZero(scaled) : 1 - erfc(scaled);
  const density: LossDensity = {
    loss: (x) => (x < 0 ? below.loss(x - middle) : above.loss(x + middle)),
    density: (x, loss) => (x < 0 ? below.density(x - middle, loss) : above.density(x + middle, loss)),
    position: (loss) => (loss < 0 ? below.position(loss) + middle : above.position(loss) - middle),
    largest: Infinity,
    roughness: (x) => above.roughness(Math.abs(x) + middle),
    below: (x) => (x <= 0 ? below.below(x - middle) : massBelow + massAbove - above.above(x + middle)),
    above: (x) => (x >= 0 ? above.above(x + middle) : massAbove + massBelow - below.below(x - middle)),
    range: (logMass) => [
      Math.min(0, below.range(logMass)[0] + middle),
      Math.max(0, above.range(logMass)[1] - middle),
    ],
    kink: 0,
  };
  return {atoms: [{loss: 0, mass: (1 - q) * erf}], densities: [density], infinite: 0};
}

/**
 * The loss of a Gaussian on m of n records drawn with replacement, when one record is replaced. With w_k = P(a record is
 * drawn k times) and q = P(it is drawn at all), the divergence at an order a >= 1 is at most the sum over k of w_k times
 * that of the Gaussian for k records at 1 + (a - 1) / q (the same, Theorem 10): a mixture of `subsetLoss`.
 *
 * @param noise - standard deviation over the distance between P and Q for a record that is drawn once, > 0.
 */
export function withReplacementLoss(
  sourceDatasetSize: number,
  sampleSize: number,
  noise: number,
): PrivacyLoss {
  const p = 1 / sourceDatasetSize;
  const share = -Math.expm1(sampleSize * Math.log1p(-p));
  const parts: WeightedLoss[] = [];
  const mean = sampleSize * p;
  for (let times = 1; times <= sampleSize; times++) {
    const weight = Math.exp(logBinomialMass(sampleSize, times, p)) / share;
    if (weight > LEAST_WEIGHT) parts.push({weight, loss: subsetLoss(share, noise / times)});
    else if (times > mean) break;
  }
  const most = parts.length;
  const error = U * (4000 + 16 * (most + mean));
  return mixtureOfLosses(parts, parts.length < sampleSize ? LEAST_WEIGHT : 0, error);
}
