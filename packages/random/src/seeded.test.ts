import {describe, expect, test} from '@jest/globals';
import {seededSource} from './seeded.js';
import {isPlausibleCount} from './testing/plausible.js';

const draw = (seed: number, size: number): Uint32Array => {
  const words = new Uint32Array(size);
  seededSource(seed).fill(words);
  return words;
};

describe('seeded source', () => {
  test('says in its name that it protects nobody, and which seed it has', () => {
    expect(seededSource(42)).toMatchObject({
      name: 'seeded 42 (for tests, protects nobody)',
      secure: false,
    });
  });

  test('a seed gives the same words, however they are asked for', () => {
    const source = seededSource(7);
    const parts = [3, 1, 0, 6].flatMap((size) => {
      const words = new Uint32Array(size);
      source.fill(words);
      return [...words];
    });
    expect(parts).toEqual([...draw(7, 10)]);
  });

  test('seeds that differ in any of their 53 bits give different words', () => {
    const seeds = [0, ...Array.from({length: 53}, (_, bit) => 2 ** bit), 2 ** 53 - 1];
    expect(new Set(seeds.map((seed) => draw(seed, 4).join())).size).toBe(seeds.length);
  });

  test('bits and pairs of neighbouring bits are balanced', () => {
    const words = draw(1, 300_000);
    for (let bit = 0; bit < 32; bit++) {
      let ones = 0;
      let equal = 0;
      for (let i = 1; i < words.length; i++) {
        ones += (words[i]! >>> bit) & 1;
        equal += 1 ^ (((words[i]! ^ words[i - 1]!) >>> bit) & 1);
      }
      expect(isPlausibleCount(ones, words.length - 1, 0.5)).toBe(true);
      expect(isPlausibleCount(equal, words.length - 1, 0.5)).toBe(true);
    }
  });

  test('refuses seeds that are no integers in [0, 2^53)', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => seededSource(seed)).toThrow(`seed must be an integer in [0, 2^53), got ${seed}`);
    }
  });
});
