import {mixtureOfGaussians, truncatedPoissonSampledGaussian} from '@dp/accountant';

import {DpError} from '../errors.js';
import type {NewRow} from './ledger.js';
import {PoissonEvents, type SampledEvent} from './poisson_events.js';
import type {SamplingOf} from './sampling.js';
import type {Spending} from './spending.js';

type SampledKind = 'poisson' | 'truncatedPoisson' | 'poissonUsers' | 'poissonCappedUsers';

/** For people: the ledger holds all digits of the coin's probability. */
const shown = (probability: number): number => Number(probability.toPrecision(6));

/** Poisson-sampled batches (privacy rule 1). */
export function poisson({samplingProbability}: SamplingOf<'poisson'>): Spending {
  return sampled({
    basis: `each record joined each batch independently with probability ${shown(samplingProbability)} (Poisson sampling)`,
    eventOf: () => undefined,
    isAttained: true,
  });
}

/** The same with a cap (privacy rule 4). */
export function truncatedPoisson({
  samplingProbability,
  maxBatchSize,
}: SamplingOf<'truncatedPoisson'>): Spending {
  return sampled<'truncatedPoisson'>({
    basis: `each record joined each batch independently with probability ${shown(samplingProbability)}, and of larger batches ${maxBatchSize} records were kept at random (truncated Poisson sampling)`,
    eventOf:
      ({numExamples: datasetSize, samplingProbability: q, maxBatchSize: cap}) =>
      (_, noiseMultiplier) =>
        truncatedPoissonSampledGaussian({
          datasetSize,
          samplingProbability: q,
          truncatedBatchSize: cap,
          noiseMultiplier,
        }),
    isAttained: false,
  });
}

/** Poisson-sampled users, each with one record (privacy rule 21). */
export function poissonUsers({samplingProbability}: SamplingOf<'poissonUsers'>): Spending {
  return sampled({
    basis: `each user joined each batch independently with probability ${shown(samplingProbability)}, with one of her records (Poisson sampling of users)`,
    eventOf: () => undefined,
    isAttained: true,
    unit: 'user',
  });
}

/** Poisson-sampled records, of a user at most k: she moves a sum by Binomial(k, q) clip norms (privacy rule 21). */
export function poissonCappedUsers({
  samplingProbability,
  maxExamplesPerUser,
}: SamplingOf<'poissonCappedUsers'>): Spending {
  return sampled<'poissonCappedUsers'>({
    basis: `each of at most ${maxExamplesPerUser} records of a user joined each batch independently with probability ${shown(samplingProbability)} (Poisson sampling, for all records of a user together)`,
    eventOf: ({samplingProbability: q, maxExamplesPerUser: k}) => {
      const probabilities = binomial(k, q);
      const sensitivities = probabilities.map((_, number) => number);
      return (_, standardDeviation) => mixtureOfGaussians({standardDeviation, sensitivities, probabilities});
    },
    isAttained: false,
    unit: 'user',
  });
}

interface SampledKindOptions<K extends SampledKind> {
  readonly basis: string;
  /** What a batch of that sampling is; undefined for a Poisson-sampled Gaussian. */
  readonly eventOf: (sampling: SamplingOf<K>) => SampledEvent | undefined;
  /** Whether two neighbouring data sets reach the event's losses. */
  readonly isAttained: boolean;
  readonly unit?: 'user';
}

/** @param batches - One entry a set of sampling constants. */
function sampled<K extends SampledKind>(
  options: SampledKindOptions<K>,
  batches = new Map<string, PoissonEvents>(),
): Spending {
  const {basis, eventOf, isAttained, unit} = options;
  return {
    neighboring: 'addOrRemoveOne',
    basis,
    ...(unit !== undefined && {unit}),
    get attained() {
      return isAttained && [...batches.values()].every((events) => !events.isRounded);
    },
    add(row, count) {
      checkRow(row);
      const sampling = row.sampling as SamplingOf<K>;
      const event = eventOf(sampling);
      const key = event === undefined ? '' : JSON.stringify(sampling);
      const events = batches.get(key) ?? new PoissonEvents(event);
      events.add(row, (sampling as {samplingProbability: number}).samplingProbability, count);
      batches.set(key, events);
    },
    events: () => [...batches.values()].flatMap((events) => events.events()),
    fork: () => sampled(options, new Map(Array.from(batches, ([key, events]) => [key, events.fork()]))),
  };
}

function checkRow({mechanism, microbatchSize}: NewRow): void {
  if (mechanism.kind !== 'gaussian') {
    throw new DpError(
      'UNSUPPORTED',
      'tree aggregation needs an order of the records that is fixed before training, and these batches were Poisson-sampled',
    );
  }
  if (microbatchSize > 1) {
    throw new DpError(
      'UNSUPPORTED',
      `microbatches of ${microbatchSize} examples have no account under Poisson sampling: one more example would shift all groups`,
    );
  }
}

/** The probabilities of 0 .. k successes of k trials, adding up to 1. */
function binomial(k: number, q: number): number[] {
  if (q === 1) return Array.from({length: k + 1}, (_, i) => (i === k ? 1 : 0));
  const probabilities = [(1 - q) ** k];
  for (let i = 1; i <= k; i++)
    probabilities.push(((probabilities[i - 1] as number) * (k - i + 1) * q) / (i * (1 - q)));
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  return probabilities.map((p) => p / total);
}
