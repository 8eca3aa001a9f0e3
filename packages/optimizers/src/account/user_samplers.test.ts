import {describe, expect, test} from '@jest/globals';
import {seededSource} from '@dp/random';

import {cappedUserSampler, userSampler} from './user_samplers.js';

// User 'a' has 6 records, 'b' 3, 'c' 1.
const userIds = Array.from('aabcabaaba');

describe('userSampler', () => {
  test('draws each user as often as any other, with any of her records, and never two', () => {
    const sampler = userSampler({userIds, numUsers: 3, batchSize: 1, source: seededSource(1)});
    expect(sampler.announce(0).sampling).toMatchObject({kind: 'poissonUsers', numUsers: 3});
    const users = new Map<string, number>();
    const records = new Set<number>();
    for (let i = 0; i < 3000; i++) {
      const drawn = [...sampler.next().indices];
      expect(new Set(drawn.map((record) => userIds[record])).size).toBe(drawn.length);
      for (const record of drawn) {
        users.set(userIds[record]!, (users.get(userIds[record]!) ?? 0) + 1);
        records.add(record);
      }
    }
    // About 1,000 each, standard deviation 26; seeded, so this cannot flake.
    for (const count of users.values()) expect(Math.abs(count - 1000)).toBeLessThan(110);
    expect(records.size).toBe(userIds.length);
  });

  test('refuses another number of users than there are', () => {
    expect(() => userSampler({userIds, numUsers: 4, batchSize: 1})).toThrow(
      'numUsers must be the number of different user ids, which is 3, got 4',
    );
  });
});

describe('cappedUserSampler', () => {
  test('never draws more than so many records of a user, though all of her others', () => {
    const options = {userIds, numExamples: 10, batchSize: 10, source: seededSource(2)};
    const sampler = cappedUserSampler({...options, maxExamplesPerUser: 2});
    const {indices, sampling} = sampler.next();
    expect([...indices].map((record) => userIds[record]).sort()).toEqual(['a', 'a', 'b', 'b', 'c']);
    expect(sampling).toEqual({
      kind: 'poissonCappedUsers',
      numExamples: 10,
      samplingProbability: 1,
      maxExamplesPerUser: 2,
    });
    expect(sampler.next().indices).toEqual(indices);
    expect(cappedUserSampler({...options, maxExamplesPerUser: 6}).next().indices).toHaveLength(10);
    expect(() =>
      cappedUserSampler({...options, numExamples: 9, batchSize: 1, maxExamplesPerUser: 1}),
    ).toThrow('each of 9 records, got 10');
  });
});
