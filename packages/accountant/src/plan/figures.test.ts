import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import {atLeast, atMost, deltaText} from './figures.js';

test('a bound keeps its side when it is rounded to five figures', () => {
  fc.assert(
    fc.property(fc.double({min: 1e-290, max: 1e290, noNaN: true}), (value) => {
      const [lower, upper] = [Number(atLeast(value)), Number(atMost(value))];
      expect(lower).toBeLessThanOrEqual(value);
      expect(upper).toBeGreaterThanOrEqual(value);
      expect(upper - lower).toBeLessThanOrEqual(1.001e-4 * value);
    }),
  );
});

test.each([
  [2.38159, '2.3816', '2.3815'],
  [2.3816, '2.3816', '2.3816'],
  [99999.96, '100000', '99999'],
  [54.0458180767, '54.046', '54.045'],
  [1234567, '1.2346e+6', '1.2345e+6'],
  [1e-5, '1e-5', '1e-5'],
  [0, '0', '0'],
  [Infinity, 'infinite', 'infinite'],
])('%d is at most %s and at least %s', (value, upper, lower) => {
  expect([atMost(value), atLeast(value)]).toEqual([upper, lower]);
});

test('a delta is written as people write it', () => {
  expect([1e-5, 2.5e-7, 0.05].map(deltaText)).toEqual(['1e-5', '2.5e-7', '0.05']);
});
