import {type DpEvent, eventText} from '../event.js';
import {reduceToGaussian} from '../gaussian/reduce.js';
import type {NeighbouringRelation} from '../neighbours.js';
import {leafLosses} from './leaf_losses.js';
import type {LossPair} from './loss_pair.js';
import type {PrivacyLoss} from './privacy_loss.js';
import {gaussianMixtureLoss, replacedSampledGaussianLoss} from './gaussian_mixture_loss.js';
import type {TruncatedPoissonSampledGaussianEvent} from '../truncated_event.js';
import {truncatedSampleLosses} from './truncated_sample_losses.js';
import {subsetLoss, withReplacementLoss} from './subset_loss.js';

/** Several copies of one pair. */
export interface CountedPair {
  readonly pair: LossPair;
  readonly count: number;
}

/** What has been composed, in the form that `PldAccountant` bounds. */
export interface ComposedLosses {
  /** Sum of 1 / z^2 over all Gaussians outside of samples: together they are one Gaussian, exactly. */
  readonly precision: number;
  /** Whether something without any guarantee was released. */
  readonly nonPrivate: boolean;
  /** Whether a record that happened to be sampled was released without noise. */
  readonly exposed: boolean;
  /** Everything else, by a key that tells pairs apart. */
  readonly pairs: ReadonlyMap<string, CountedPair>;
}

export const NOTHING: ComposedLosses = {precision: 0, nonPrivate: false, exposed: false, pairs: new Map()};

/** What `count` copies of a checked event add. The only place where a count is applied. */
export function withEvent(
  total: ComposedLosses,
  event: DpEvent,
  count: number,
  relation: NeighbouringRelation,
): ComposedLosses {
  if (count === 0) return total;
  switch (event.kind) {
    case 'noOp':
      return total;
    case 'nonPrivate':
      return {...total, nonPrivate: true};
    case 'gaussian': {
      // A record that is replaced moves the sum by twice the sensitivity to which the noise is relative.
      const sensitivity = relation === 'replaceOne' ? 2 : 1;
      return withGaussian(total, event.noiseMultiplier / sensitivity, count);
    }
    case 'selfComposed':
      return withEvent(total, event.event, count * event.count, relation);
    case 'composed':
      return event.events.reduce((sum, part) => withEvent(sum, part, count, relation), total);
    case 'poissonSampled': {
      const z = gaussianInside(event.event);
      return withSampledGaussian(total, event.samplingProbability, z, count, relation);
    }
    case 'sampledWithoutReplacement': {
      const share = event.sampleSize / event.sourceDatasetSize;
      const z = gaussianInside(event.event) / 2;
      if (share === 1) return withGaussian(total, z, count);
      return withSubset(total, `subset ${share} ${z}`, z, () => subsetLoss(share, z), count);
    }
    case 'sampledWithReplacement': {
      const {sourceDatasetSize: n, sampleSize: m} = event;
      const z = gaussianInside(event.event) / 2;
      if (n === 1) return withGaussian(total, z / m, count);
      return withSubset(
        total,
        `withReplacement ${n} ${m} ${z}`,
        z,
        () => withReplacementLoss(n, m, z),
        count,
      );
    }
    case 'truncatedPoissonSampledGaussian':
      if (event.samplingProbability === 0) return total;
      if (event.noiseMultiplier === 0) return {...total, exposed: true};
      return withPair(total, eventText(event), () => truncatedPair(event, relation), count);
    case 'repeatAndSelect':
      throw new Error('repeatAndSelect was not refused');
    default: {
      const losses = leafLosses(event, relation);
      if (typeof losses === 'number') return withGaussian(total, losses, count);
      return withPair(total, eventText(event), () => losses, count);
    }
  }
}

function gaussianInside(event: DpEvent): number {
  const noiseMultiplier = reduceToGaussian(event);
  if (noiseMultiplier === undefined) throw new Error('a sample for something not Gaussian was not refused');
  return noiseMultiplier;
}

/** Adds a symmetric pair for a replaced record in a sample of fixed size, where any two records are up to 2 apart. */
function withSubset(
  total: ComposedLosses,
  key: string,
  noise: number,
  make: () => PrivacyLoss,
  count: number,
): ComposedLosses {
  if (noise === Infinity) return total;
  if (noise === 0) return {...total, exposed: true};
  const pair = (): LossPair => {
    const loss = make();
    return {losses: {remove: loss, add: loss}, attained: false};
  };
  return withPair(total, key, pair, count);
}

function withGaussian(total: ComposedLosses, noiseMultiplier: number, count: number): ComposedLosses {
  if (noiseMultiplier === 0) return {...total, nonPrivate: true};
  return {...total, precision: total.precision + count / (noiseMultiplier * noiseMultiplier)};
}

function withSampledGaussian(
  total: ComposedLosses,
  q: number,
  z: number,
  count: number,
  relation: NeighbouringRelation,
): ComposedLosses {
  if (q === 0 || z === Infinity) return total;
  const replaced = relation === 'replaceOne';
  if (q === 1) return withGaussian(total, replaced ? z / 2 : z, count);
  if (z === 0) return {...total, exposed: true};
  const key = `sampledGaussian ${q} ${z}`;
  return withPair(total, key, () => sampledGaussian(q, z, replaced), count);
}

function truncatedPair(
  event: TruncatedPoissonSampledGaussianEvent,
  relation: NeighbouringRelation,
): LossPair {
  return {losses: truncatedSampleLosses(event, relation), attained: false};
}

function withPair(total: ComposedLosses, key: string, make: () => LossPair, count: number): ComposedLosses {
  const pairs = new Map(total.pairs);
  const known = pairs.get(key);
  const copies = (known?.count ?? 0) + count;
  // No bound of rounding is proved beyond: copies would no longer be counted one by one.
  if (copies > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(
      `counts inside each other must multiply to at most 2^53 - 1 copies of one event, got ${copies}; compose fewer, or use RdpAccountant`,
    );
  }
  pairs.set(key, {pair: known?.pair ?? make(), count: copies});
  return {...total, pairs};
}

function sampledGaussian(q: number, z: number, replaced: boolean): LossPair {
  if (replaced) {
    const loss = replacedSampledGaussianLoss(q, z);
    return {losses: {remove: loss, add: loss}, attained: true};
  }
  const mixture = {means: [0, 1], probabilities: [1 - q, q]};
  return {
    losses: {
      remove: gaussianMixtureLoss(mixture, z, 'remove'),
      add: gaussianMixtureLoss(mixture, z, 'add'),
    },
    attained: true,
    sampledGaussian: {samplingProbability: q, noiseMultiplier: z},
  };
}
