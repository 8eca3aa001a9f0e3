import {binomialTail} from '../math/binomial_tail.js';
import type {NeighbouringRelation} from '../neighbours.js';
import type {TruncatedPoissonSampledGaussianEvent} from '../truncated_event.js';
import {gaussianMixtureLoss, replacedSampledGaussianLoss} from './gaussian_mixture_loss.js';
import {mixtureOfLosses} from './privacy_loss_mixture.js';
import type {Direction, PrivacyLoss} from './privacy_loss.js';

const LEAST = 1e-300;

/**
 * The losses of a Gaussian on a truncated Poisson sample (Ganesh et al. 2025, arXiv 2508.15089).
 *
 * Let the others' draws be known only as far as this: are they enough for the cap, which has probability t =
 * P(Binomial(N - 1, q) >= cap)? If not, the record's own draw truncates nothing, and the pair is that of a Poisson sample. If
 * so, what is kept of the others is a uniform subset of `cap` of them, and the record, drawn and kept with probability
 * r = E[q cap / (B + 1) | B >= cap] = P(Binomial(N, q) > cap) cap / (N t), stands in the place of one of them: it moves the
 * sum by up to 2. By joint convexity the pair is then (1 - r) N(0) + r N(2) against N(0), or, where a record is replaced
 * (also by a zero one, which takes a place too), that of a replaced record with twice the distance.
 */
export function truncatedSampleLosses(
  event: TruncatedPoissonSampledGaussianEvent,
  relation: NeighbouringRelation,
): Readonly<Record<Direction, PrivacyLoss>> {
  const {datasetSize, samplingProbability: q, truncatedBatchSize: cap, noiseMultiplier: z} = event;
  const full = binomialTail(datasetSize - 1, cap, q);
  const surplus = binomialTail(datasetSize, cap + 1, q);
  const t = full.probability;
  // More is worse, and 0 would be another pair.
  const kept = Math.min(q, Math.max(LEAST, (surplus.probability * cap) / (datasetSize * t)));
  const always = (direction: Direction, z: number): PrivacyLoss =>
    gaussianMixtureLoss({means: [1], probabilities: [1]}, z, direction);
  const mixed = (loss: (q: number, z: number) => PrivacyLoss): PrivacyLoss =>
    mixtureOfLosses(
      [
        {weight: 1 - t, loss: loss(q, z)},
        {weight: t, loss: loss(kept, z / 2)},
      ].filter(({weight}) => weight > 0),
      0,
      full.error + surplus.error + 2 ** -50,
    );
  if (relation !== 'addOrRemoveOne') {
    const loss = mixed((p, noise) =>
      p === 1 ? always('remove', noise / 2) : replacedSampledGaussianLoss(p, noise),
    );
    return {remove: loss, add: loss};
  }
  const sampled =
    (direction: Direction) =>
    (p: number, noise: number): PrivacyLoss =>
      p === 1
        ? always(direction, noise)
        : gaussianMixtureLoss({means: [0, 1], probabilities: [1 - p, p]}, noise, direction);
  return {remove: mixed(sampled('remove')), add: mixed(sampled('add'))};
}
