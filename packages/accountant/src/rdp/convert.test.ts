import {expect, test} from '@jest/globals';
import {relativeError} from '../testing/relative_error.js';
import {CONVERSIONS, optimalEpsilon} from './convert.js';

const {classic, improved} = CONVERSIONS;

test('the formulas, at numbers worked out by hand', () => {
  expect(classic.epsilon(3, 0.5, Math.exp(-4))).toBeCloseTo(0.5 + 2, 14);
  expect(improved.epsilon(3, 0.5, Math.exp(-4))).toBeCloseTo(0.5 + 2 + Math.log(2 / 3) - Math.log(3) / 2, 14);
});

test.each(['classic', 'improved'] as const)('%s: epsilon and delta are inverse to each other', (name) => {
  const {epsilon, logDelta} = CONVERSIONS[name];
  for (const order of [1.001, 1.1, 2, 8.5, 1024]) {
    for (const logOfDelta of [-1, -11.5, -600]) {
      const e = epsilon(order, 40, Math.exp(logOfDelta));
      expect(relativeError(logDelta(order, 40, e), logOfDelta)).toBeLessThan(1e-9);
    }
  }
});

test('improved: where delta already exceeds the total variation, epsilon is 0', () => {
  expect(improved.epsilon(2, 1e-4, 0.011)).toBe(0);
  expect(improved.epsilon(2, 1e-4, 0.009)).not.toBe(0);
  expect(Math.exp(improved.logDelta(2, 1e-4, 0))).toBeLessThanOrEqual(0.01);
});

test('nothing released costs nothing, by both', () => {
  for (const conversion of [classic, improved]) {
    expect(conversion.epsilon(2, 0, 1e-5)).toBe(0);
    expect(conversion.logDelta(2, 0, 0)).toBe(-Infinity);
  }
});

test('optimalEpsilon is the smallest over the orders, never negative', () => {
  const rdp = new Map([
    [2, 1],
    [4, 1.5],
    [8, 9],
  ]);
  expect(optimalEpsilon('classic', rdp, Math.exp(-6))).toEqual({epsilon: 1.5 + 2, optimalOrder: 4});
  expect(optimalEpsilon('improved', new Map([[1024, 1e-3]]), 0.9).epsilon).toBe(0);
  expect(optimalEpsilon('classic', new Map([[3, Infinity]]), 0.1)).toEqual({
    epsilon: Infinity,
    optimalOrder: 3,
  });
  expect(() => optimalEpsilon('classic', new Map(), 0.1)).toThrow('at least one order');
});
