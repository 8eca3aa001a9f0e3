import {
  cappedUserSampler,
  DpError,
  fixedSampler,
  poissonSampler,
  shuffleSampler,
  streamSampler,
  truncatedPoissonSampler,
  userSampler,
  type RestOfEpoch,
  type Sampler,
  type StreamSampler,
  type UserIds,
} from '@dp/optimizers';
import type {RandomSource} from '@dp/random';

/**
 * How batches are drawn (privacy rules 1-4).
 *
 * - `'poisson'`: each record joins each batch independently. The only one that amplifies and has no cap.
 * - `{kind: 'truncatedPoisson', maxBatchSize}`: the same, and of a larger batch so many are kept at random. It costs more.
 * - `'shuffle'`: a fresh permutation an epoch. It amplifies nothing.
 * - `'fixed'`: the order in which the records lie. The same.
 * - `'stream'`: the order in which a stream delivers them (`fitDataset`). The same. It declares that an iterator delivers each of
 *   `numExamples` records once; they are counted, and if they come with `ids`, told apart.
 */
export type SamplingChoice =
  | 'poisson'
  | 'shuffle'
  | 'fixed'
  | 'stream'
  | {readonly kind: 'truncatedPoisson'; readonly maxBatchSize: number};

/** The name of one. */
type SamplingKind = Extract<SamplingChoice, string> | 'truncatedPoisson';

/**
 * Whose records are private together (privacy rule 21). `'example'`: each record is one. With `userIds`, one for each record
 * (sensitive), all records of a user: either `sampleUsers`, and each user joins a batch with one of her records; or at most
 * `maxExamplesPerUser` of her records take part at all.
 */
export type PrivacyUnit =
  | 'example'
  | {readonly userIds: UserIds; readonly sampleUsers: {readonly numUsers: number}}
  | {readonly userIds: UserIds; readonly maxExamplesPerUser: number};

/** What a sampler is made from. But for `unit` all are public constants. */
export interface SamplingOptions {
  readonly sampling: SamplingChoice;
  readonly unit: PrivacyUnit;
  readonly numExamples: number;
  readonly batchSize: number;
  readonly source?: RandomSource;
  /** Of a run that goes on. */
  readonly rest?: RestOfEpoch | undefined;
}

/** @throws DpError INVALID_OPTION, or UNSUPPORTED for users whose records are not Poisson-sampled. */
export function makeSampler({sampling, unit, rest, ...options}: SamplingOptions): Sampler {
  if (unit !== 'example') {
    if (sampling !== 'poisson') {
      throw new DpError(
        'UNSUPPORTED',
        `privacy.unit of users needs privacy.sampling: 'poisson', got ${JSON.stringify(sampling)}: other ways of sampling users have no account`,
      );
    }
    const {userIds, ...how} = unit;
    return 'sampleUsers' in how
      ? userSampler({...options, userIds, ...how.sampleUsers})
      : cappedUserSampler({...options, userIds, ...how});
  }
  switch (kindOf(sampling)) {
    case 'poisson':
      return poissonSampler(options);
    case 'truncatedPoisson':
      return truncatedPoissonSampler({...options, ...(sampling as {maxBatchSize: number})});
    case 'shuffle':
      return shuffleSampler({...options, rest});
    case 'fixed':
      return fixedSampler({...options, rest});
    case 'stream':
      return streamSampler(options);
  }
}

/** @throws DpError INVALID_OPTION for what is no way of sampling. */
export function checkSampling(given: unknown): asserts given is SamplingChoice {
  const kinds: readonly unknown[] = ['poisson', 'shuffle', 'fixed', 'stream'];
  if (kinds.includes(given)) return;
  const {kind, maxBatchSize, ...more} = (given ?? {}) as Partial<Record<string, unknown>>;
  const isTruncated = kind === 'truncatedPoisson' && Object.keys(more).length === 0;
  if (isTruncated && Number.isSafeInteger(maxBatchSize) && (maxBatchSize as number) >= 1) return;
  throw new DpError(
    'INVALID_OPTION',
    `privacy.sampling must be 'poisson', {kind: 'truncatedPoisson', maxBatchSize} with an integer >= 1, 'shuffle', 'fixed' or 'stream', got ${JSON.stringify(given)}`,
  );
}

/** @throws DpError INVALID_OPTION for what is no unit of privacy. */
export function checkUnit(given: unknown): asserts given is PrivacyUnit {
  if (given === 'example') return;
  const isObject = typeof given === 'object' && given !== null && 'userIds' in given;
  if (isObject && 'sampleUsers' in given !== 'maxExamplesPerUser' in given) return;
  // What was given holds user ids: it stays out of the text.
  throw new DpError(
    'INVALID_OPTION',
    "privacy.unit must be 'example', {userIds, sampleUsers: {numUsers}} or {userIds, maxExamplesPerUser}" +
      (typeof given === 'string' ? `, got '${given}'` : ''),
  );
}

/** The name of a way of sampling. */
export function kindOf(sampling: SamplingChoice): SamplingKind {
  return typeof sampling === 'string' ? sampling : sampling.kind;
}

/** Whether it numbers the batches of a stream. */
export function isStreamSampler(sampler: Sampler): sampler is StreamSampler {
  return 'beginEpoch' in sampler;
}

/** @throws DpError INVALID_OPTION unless the records come in the way that the sampling needs: by index, or as a stream. */
export function checkSource(source: 'indexed' | 'stream', sampling: SamplingChoice): void {
  if ((source === 'stream') === (sampling === 'stream')) return;
  throw new DpError(
    'INVALID_OPTION',
    source === 'stream'
      ? `a stream can't be sampled by privacy.sampling: '${kindOf(sampling)}', which draws records by index: give {numExamples, get(indices)}; ` +
          "or say privacy.sampling: 'stream', which declares that each iterator delivers each of numExamples records once, and amplifies nothing"
      : "privacy.sampling: 'stream' is for fitDataset with a stream; for records in memory or by index say 'poisson', which is accounted best, or 'fixed'",
  );
}
