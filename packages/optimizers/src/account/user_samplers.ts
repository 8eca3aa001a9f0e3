import {
  boundedInteger,
  PoissonSampler,
  randomPermutation,
  secureSource,
  WordReader,
  type RandomSource,
} from '@dp/random';

import {positiveInteger} from '../checks.js';
import {DpError} from '../errors.js';
import {independentBatches} from './poisson_samplers.js';
import {originOf} from './randomness.js';
import {checkSamplerOptions, type Sampler} from './sampler.js';

/** Whose each record is. Sensitive. */
export type UserIds = ArrayLike<number | string>;

interface UserSamplerOptions {
  /** The user of each record, declared by the caller. */
  readonly userIds: UserIds;
  /** Expected number of records in a batch. */
  readonly batchSize: number;
  /** Default: the operating system's secure source. */
  readonly source?: RandomSource;
}

/**
 * Poisson sampling of users: each of `numUsers` joins each batch independently with probability batchSize / numUsers, with one
 * of her records, drawn at random. What is private is all of a user's records together (privacy rule 21).
 *
 * @param options - `numUsers` is a public constant, and the number of different `userIds`.
 * @throws DpError INVALID_OPTION.
 */
export function userSampler({
  userIds,
  numUsers,
  batchSize,
  source = secureSource(),
}: UserSamplerOptions & {readonly numUsers: number}): Sampler {
  checkSamplerOptions({numExamples: numUsers, batchSize});
  const records = recordsByUser(userIds);
  if (records.length !== numUsers) {
    throw new DpError(
      'INVALID_OPTION',
      `numUsers must be the number of different user ids, which is ${records.length}, got ${numUsers}`,
    );
  }
  const coins = new PoissonSampler({
    numExamples: numUsers,
    samplingProbability: batchSize / numUsers,
    source,
  });
  const words = new WordReader(source, 256);
  const {samplingProbability} = coins;
  return independentBatches(
    Math.floor(numUsers / batchSize),
    {kind: 'poissonUsers', numUsers, samplingProbability},
    originOf(source),
    () =>
      Int32Array.from(coins.sample(), (user) => {
        const own = records[user] as readonly number[];
        return own[boundedInteger(own.length, words)] as number;
      }),
  );
}

/**
 * Poisson sampling of records, of each user at most `maxExamplesPerUser`: where a user has more, that many are chosen at random,
 * once. Each joins each batch independently with probability batchSize / numExamples. What is private is all of a user's
 * records together: a mixture of Gaussians (privacy rule 21).
 *
 * @param options - `numExamples` is the number of all records, a public constant.
 * @throws DpError INVALID_OPTION.
 */
export function cappedUserSampler({
  userIds,
  numExamples,
  maxExamplesPerUser,
  batchSize,
  source = secureSource(),
}: UserSamplerOptions & {
  readonly numExamples: number;
  /** k; public. */
  readonly maxExamplesPerUser: number;
}): Sampler {
  checkSamplerOptions({numExamples, batchSize});
  positiveInteger('maxExamplesPerUser', maxExamplesPerUser);
  if (userIds.length !== numExamples) {
    throw new DpError(
      'INVALID_OPTION',
      `userIds must name the user of each of ${numExamples} records, got ${userIds.length}`,
    );
  }
  const kept = Int32Array.from(
    recordsByUser(userIds).flatMap((own) => {
      if (own.length <= maxExamplesPerUser) return own;
      const chosen = randomPermutation(own.length, source).subarray(0, maxExamplesPerUser);
      return Array.from(chosen, (i) => own[i] as number);
    }),
  ).sort();
  const coins = new PoissonSampler({
    numExamples: kept.length,
    samplingProbability: batchSize / numExamples,
    source,
  });
  const {samplingProbability} = coins;
  return independentBatches(
    Math.floor(numExamples / batchSize),
    {kind: 'poissonCappedUsers', numExamples, samplingProbability, maxExamplesPerUser},
    originOf(source),
    () => coins.sample().map((i) => kept[i] as number),
  );
}

function recordsByUser(userIds: UserIds): readonly (readonly number[])[] {
  const users = new Map<number | string, number[]>();
  for (let i = 0; i < userIds.length; i++) {
    const id = userIds[i] as number | string;
    const own = users.get(id) ?? [];
    own.push(i);
    users.set(id, own);
  }
  return [...users.values()];
}
