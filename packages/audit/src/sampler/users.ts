import type {SamplingOf, UserIds} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import {atMost, type AuditResult} from '../result.js';
import {countSurprise} from '../statistics/bounds.js';
import {countDraws, type Batches, type Units} from './draw.js';
import {auditPoissonSampling} from './poisson.js';

/** Whose each record is, as numbers. */
interface Owners {
  readonly of: readonly number[];
  /** By user, how many records she has. */
  readonly records: readonly number[];
}

function ownersOf(userIds: UserIds): Owners {
  const numbers = new Map<number | string, number>();
  const of = Array.from(userIds, (id) => {
    const known = numbers.get(id) ?? numbers.size;
    numbers.set(id, known);
    return known;
  });
  const records = Array.from({length: numbers.size}, () => 0);
  for (const user of of) records[user] = (records[user] as number) + 1;
  return {of, records};
}

/** Whether users join by independent coins, each with one of her records, drawn evenly. */
export function auditUsers(
  {sampling: {numUsers, samplingProbability}, batches}: Batches<SamplingOf<'poissonUsers'>>,
  userIds: UserIds,
  rate: number,
): AuditResult[] {
  const owners = ownersOf(userIds);
  if (owners.records.length !== numUsers) {
    throw new AuditError(`userIds name ${owners.records.length} users, the sampler says ${numUsers}`);
  }
  const users: Units = {count: numUsers, of: (record) => owners.of[record] ?? -1};
  const drawn = countDraws(batches, users);
  const times = new Float64Array(owners.of.length);
  for (const record of batches.flatMap((batch) => Array.from(batch)))
    times[record] = (times[record] ?? 0) + 1;
  const surprise = owners.of.reduce((worst, user, record) => {
    const joined = drawn.inclusions[user] as number;
    const share = 1 / (owners.records[user] as number);
    const own = joined === 0 || share === 1 ? 0 : countSurprise(times[record] as number, joined, share);
    return Math.max(worst, own);
  }, 0);
  const each = rate / 2;
  return [
    ...auditPoissonSampling(drawn, {units: numUsers, samplingProbability}, each),
    atMost({
      name: "sampler: choice among a user's records",
      claim: 'each is as likely as her others (-log of the probability)',
      measured: surprise,
      bound: Math.log(owners.of.length / each),
      detail: `the worst of ${owners.of.length} records of ${numUsers} users`,
      falseAlarmRate: each,
    }),
  ];
}

/** Whether no user has more than the cap of her records drawn, over all batches, and these join by independent coins. */
export function auditCappedUsers(
  {sampling, batches}: Batches<SamplingOf<'poissonCappedUsers'>>,
  userIds: UserIds,
  rate: number,
): AuditResult[] {
  const {numExamples, samplingProbability, maxExamplesPerUser} = sampling;
  const owners = ownersOf(userIds);
  if (owners.of.length !== numExamples) {
    throw new AuditError(
      `userIds name the user of ${owners.of.length} records, the sampler says ${numExamples}`,
    );
  }
  const seen = new Set(batches.flatMap((batch) => Array.from(batch)));
  const seenOf = owners.records.map(() => 0);
  for (const record of seen) {
    const user = owners.of[record] ?? 0;
    seenOf[user] = (seenOf[user] ?? 0) + 1;
  }
  const over = seenOf.filter((count) => count > maxExamplesPerUser).length;
  // Who is kept shows by being drawn; of a user with fewer that were drawn, others stand for those that were not.
  const kept = new Map<number, number>();
  for (const record of seen) kept.set(record, kept.size);
  owners.of.forEach((user, record) => {
    const missing = Math.min(maxExamplesPerUser, owners.records[user] as number) - (seenOf[user] as number);
    if (missing <= 0 || kept.has(record)) return;
    kept.set(record, kept.size);
    seenOf[user] = (seenOf[user] as number) + 1;
  });
  const drawn = countDraws(batches, {count: kept.size, of: (record) => kept.get(record) ?? -1});
  return [
    atMost({
      name: 'sampler: records of a user',
      claim: `at most ${maxExamplesPerUser} of a user's records are ever drawn`,
      measured: over,
      bound: 0,
      detail: `${over} of ${owners.records.length} users had more`,
    }),
    ...auditPoissonSampling(drawn, {units: kept.size, samplingProbability}, rate),
  ];
}
