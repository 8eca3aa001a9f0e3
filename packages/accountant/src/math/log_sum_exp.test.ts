import {expect, test} from '@jest/globals';
import {logSumExp} from './log_sum_exp.js';

test('adds numbers given by their logarithms', () => {
  expect(logSumExp(Float64Array.from([1, 2, 3, 4], Math.log))).toBeCloseTo(Math.log(10), 15);
  expect(logSumExp(Float64Array.of(-9000, -9000, -Infinity))).toBeCloseTo(-9000 + Math.LN2, 12);
});

test('an empty sum is zero, an infinite term makes it infinite', () => {
  expect(logSumExp(new Float64Array())).toBe(-Infinity);
  expect(logSumExp(Float64Array.of(-Infinity))).toBe(-Infinity);
  expect(logSumExp(Float64Array.of(1, Infinity))).toBe(Infinity);
});
