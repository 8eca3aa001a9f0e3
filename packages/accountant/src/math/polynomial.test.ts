import {expect, test} from '@jest/globals';
import {polynomial} from './polynomial.js';

test('coefficients come highest power first', () => {
  expect(polynomial([2, -3, 5], 4)).toBe(2 * 16 - 3 * 4 + 5);
});

test('no coefficients are the zero polynomial', () => {
  expect(polynomial([], 7)).toBe(0);
});
