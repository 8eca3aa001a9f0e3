import {expect, test} from '@jest/globals';
import {logAdd} from './log_add.js';

test('adds numbers given by their logarithms', () => {
  expect(logAdd(Math.log(3), Math.log(4))).toBeCloseTo(Math.log(7), 15);
});

test('does not overflow, and keeps a tiny term', () => {
  expect(logAdd(5000, 5000)).toBeCloseTo(5000 + Math.LN2, 12);
  expect(logAdd(0, -60)).toBe(Math.exp(-60));
});

test('minus infinity is zero, infinity stays', () => {
  expect(logAdd(-Infinity, 2)).toBe(2);
  expect(logAdd(-Infinity, -Infinity)).toBe(-Infinity);
  expect(logAdd(Infinity, 2)).toBe(Infinity);
  expect(logAdd(Infinity, Infinity)).toBe(Infinity);
});
