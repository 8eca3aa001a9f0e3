import {describe, expect, test} from '@jest/globals';
import {randomPermutation} from './permutation.js';
import {seededSource} from './seeded.js';
import {isPlausibleCount} from './testing/plausible.js';

describe('random permutation', () => {
  test('all 24 permutations of four are equally likely', () => {
    const rounds = 100_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < rounds; i++) {
      const order = randomPermutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) {
      expect(isPlausibleCount(count, rounds, 1 / 24)).toBe(true);
      expect(isPlausibleCount(count, rounds, (1 / 24) * 1.2)).toBe(false);
    }
  });

  test('holds every index once, also for large n, 0 and 1', () => {
    for (const n of [0, 1, 2, 1000, 60_000]) {
      expect(randomPermutation(n).sort()).toEqual(Int32Array.from({length: n}, (_, i) => i));
    }
  });

  test('is not the one before, and repeats with a seed', () => {
    expect(randomPermutation(1000)).not.toEqual(randomPermutation(1000));
    expect(randomPermutation(1000, seededSource(3))).toEqual(randomPermutation(1000, seededSource(3)));
  });

  test('refuses an n that is no integer in [0, 2^31)', () => {
    for (const n of [-1, 0.5, NaN, 2 ** 31]) {
      expect(() => randomPermutation(n)).toThrow(`n must be an integer in [0, 2^31), got ${n}`);
    }
  });
});
