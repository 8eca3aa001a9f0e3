import {distanceOfSkewNormal, fitSkewNormal, logSkewNormalBelow, type SkewNormal} from './skew_normal.js';
import {requireFinite, requireModerate, requireNumbers, requirePositive} from '../checks.js';

/**
 * Exposure by rank (Carlini et al. 2019, "The Secret Sharer", definition 5): log2 |R| - log2 rank, where R are the canary and the
 * others, and ranks begin with the least perplexity. What ranks the same counts as before the canary. Where the others are a random
 * sample of the space, it is at most log2 of the sample.
 *
 * @param own - The canary's log perplexity.
 * @param others - Those of other sequences that it might have been.
 */
export function exposureByRank(own: number, others: Float64Array): number {
  requireFinite('own', own);
  requireNumbers('others', others);
  const rank = 1 + others.reduce((count, other) => count + Number(other <= own), 0);
  return Math.log2(others.length + 1) - Math.log2(rank);
}

/** Exposure by extrapolation, and how well the normal fits that it comes from. */
export interface ExtrapolatedExposure {
  readonly exposure: number;
  readonly fitted: SkewNormal;
  /** Kolmogorov and Smirnov's distance between the sample and the fitted distribution. */
  readonly distance: number;
}

/**
 * Exposure by extrapolation (section 4.3 there): -log2 of the probability that a skew-normal, fitted to a sample of the space, is at
 * most the canary's. For spaces that are too large to be ranked.
 */
export function exposureByExtrapolation(own: number, sample: Float64Array): ExtrapolatedExposure {
  requireModerate('own', [own]);
  requireModerate('sample', sample);
  const fitted = fitSkewNormal(sample);
  requirePositive('the spread of sample', fitted.scale);
  return {
    exposure: -logSkewNormalBelow(own, fitted) / Math.LN2,
    fitted,
    distance: distanceOfSkewNormal(sample, fitted),
  };
}
