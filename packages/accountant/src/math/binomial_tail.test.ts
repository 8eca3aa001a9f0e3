import {describe, expect, test} from '@jest/globals';
import {binomialTail} from './binomial_tail.js';
import {logBinomialMass} from './log_binomial_mass.js';

describe.each([
  [10, 0.3],
  [1000, 0.01],
  [60000, 256 / 60000],
])('Binomial(%d, %d)', (n, p) => {
  test('is the sum of the masses, within its own error', () => {
    const mean = n * p;
    for (const k of [1, Math.ceil(mean / 2), Math.ceil(mean), Math.ceil(1.3 * mean) + 1, n]) {
      let sum = 0;
      for (let j = n; j >= k; j--) sum += Math.exp(logBinomialMass(n, j, p));
      const {probability, error} = binomialTail(n, k, p);
      expect(Math.abs(probability - sum)).toBeLessThanOrEqual(sum * (error + 1e-11));
      expect(error).toBeLessThan(1e-8);
    }
  });
});

test('edges', () => {
  expect(binomialTail(5, 0, 0.5).probability).toBe(1);
  expect(binomialTail(5, 6, 0.5).probability).toBe(0);
  expect(binomialTail(5, 1, 0).probability).toBe(0);
  expect(binomialTail(5, 5, 1).probability).toBe(1);
  expect(binomialTail(2, 1, 0.5).probability).toBeCloseTo(0.75, 14);
});
