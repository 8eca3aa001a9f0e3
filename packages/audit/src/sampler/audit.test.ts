import {describe, expect, test} from '@jest/globals';
import {
  cappedUserSampler,
  poissonSampler,
  truncatedPoissonSampler,
  userSampler,
  type DrawnBatch,
  type Sampler,
} from '@dp/optimizers';
import '@tensorflow/tfjs-backend-cpu';

import {denseSubject} from '../testing/subjects.js';
import {auditSampler} from './audit.js';

/** 1 to 5 records a user. */
const userIds = Array.from({length: 200}, (_, user) =>
  Array.from({length: 1 + (user % 5)}, () => `user ${user}`),
).flat();

/** What fails, at a false-alarm rate that all tests here stay below 1e-7 with. */
function failures(sampler: () => Sampler, users?: readonly string[]): string[] {
  const subject = {...denseSubject(), sampler, ...(users && {userIds: users})};
  return auditSampler(subject, {batches: 600, falseAlarmRate: 1e-8})
    .filter(({passed}) => !passed)
    .map(({name}) => name);
}

const changed = (sampler: Sampler, change: (drawn: DrawnBatch) => Partial<DrawnBatch>): Sampler => ({
  ...sampler,
  next: () => {
    const drawn = sampler.next();
    return {...drawn, ...change(drawn)};
  },
});

describe('batches with a cap', () => {
  const options = {numExamples: 1000, batchSize: 40, maxBatchSize: 42};

  test('are what they say', () => {
    expect(failures(() => truncatedPoissonSampler(options))).toEqual([]);
  });

  test('are told from batches without, and from another cap', () => {
    const saysCap = (sampler: Sampler): Sampler =>
      changed(sampler, ({sampling}) => ({
        sampling: {...sampling, kind: 'truncatedPoisson', maxBatchSize: 42} as DrawnBatch['sampling'],
      }));
    expect(failures(() => saysCap(poissonSampler(options)))).toContain('sampler: cap');
    expect(failures(() => saysCap(truncatedPoissonSampler({...options, maxBatchSize: 38})))).toContain(
      'sampler: batches at the cap',
    );
  });
});

describe('batches of users', () => {
  const options = {userIds, numUsers: 200, batchSize: 30};

  test('are what they say', () => {
    expect(failures(() => userSampler(options), userIds)).toEqual([]);
  });

  test('must choose among all records of a user, and take one', () => {
    const first = new Map<string, number>();
    userIds.forEach((user, record) => {
      if (!first.has(user)) first.set(user, record);
    });
    const always = (): Sampler =>
      changed(userSampler(options), ({indices}) => ({
        indices: indices.map((record) => first.get(userIds[record] as string) as number),
      }));
    expect(failures(always, userIds)).toEqual(["sampler: choice among a user's records"]);
    const twice = (): Sampler =>
      changed(userSampler(options), ({indices}) => ({indices: Int32Array.from([...indices, ...indices])}));
    expect(failures(twice, userIds)).toContain('sampler: records');
  });

  test('need to know whose records they are', () => {
    expect(() => failures(() => userSampler(options))).toThrow('it needs userIds');
    expect(() => failures(() => userSampler(options), userIds.slice(0, 5))).toThrow('userIds name');
  });
});

describe('batches of records, at most so many of a user', () => {
  const options = {userIds, numExamples: userIds.length, maxExamplesPerUser: 2, batchSize: 60};

  test('are what they say', () => {
    expect(failures(() => cappedUserSampler(options), userIds)).toEqual([]);
  });

  test('never have more', () => {
    const claims = (): Sampler =>
      changed(cappedUserSampler({...options, maxExamplesPerUser: 3}), ({sampling}) => ({
        sampling: {...sampling, maxExamplesPerUser: 2} as DrawnBatch['sampling'],
      }));
    expect(failures(claims, userIds)).toContain('sampler: records of a user');
  });
});
