import {expect, test} from '@jest/globals';
import {binomialTail} from './binomial_tail.js';
import {logBinomialMass} from './log_binomial_mass.js';

// mpmath 1.3.0, 60 digits, for the double nearest to p.
const POINTS: readonly (readonly [number, number, number, number, number])[] = [
  [5, 2, 0.3, -1.1753853474740235, -0.7512425037506575],
  [5, 5, 0.9, -0.5268025782891314, -0.5268025782891314],
  [59999, 300, 0.004266666666666667, -7.367053527111904, -5.5541070721007335],
  [59999, 257, 0.004266666666666667, -3.6936302632703693, -0.7271609798051196],
  [9999, 130, 0.01, -7.502694086093787, -6.133996874917873],
  [10000000, 4991000, 0.5, -24.484846331132708, -6.262655997912887e-9],
  [60000, 200, 0.004266666666666667, -10.22106596748714, -0.00012068267669684024],
  [1000000000, 1200, 1e-6, -23.24993394830209, -21.481675336610348],
  [100, 99, 0.01, -451.3167285626865, -451.3166275576866],
];

test.each(POINTS)('Binomial(%d, p): mass and tail at %d, p = %d', (n, k, p, logMass, logTail) => {
  expect(Math.abs(logBinomialMass(n, k, p) - logMass)).toBeLessThan(1e-13 + 4e-16 * Math.abs(k - n * p));
  const {probability, error} = binomialTail(n, k, p);
  expect(Math.abs(Math.log(probability) - logTail)).toBeLessThanOrEqual(error);
  expect(error).toBeLessThan(1e-9);
});

test('edges', () => {
  expect(binomialTail(10, 0, 0.3).probability).toBe(1);
  expect(binomialTail(10, 11, 0.3).probability).toBe(0);
  expect(binomialTail(10, 3, 0).probability).toBe(0);
  expect(binomialTail(10, 3, 1).probability).toBe(1);
  expect(logBinomialMass(10, 11, 0.3)).toBe(-Infinity);
  expect(logBinomialMass(10, 0, 0.5)).toBeCloseTo(-10 * Math.LN2, 14);
});
