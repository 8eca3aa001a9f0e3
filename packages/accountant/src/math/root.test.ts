import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import {findRoot} from './root.js';

test('the root of a falling function lies between the returned ends, within the tolerance', () => {
  fc.assert(
    fc.property(
      fc.double({min: -9, max: 9, noNaN: true}),
      fc.integer({min: 1, max: 7}),
      (root, steepness) => {
        const f = (x: number): number => Math.expm1(steepness * (root - x));
        const {lower, upper} = findRoot(f, {lower: -10, upper: 10}, 1e-9);
        expect(upper - lower).toBeLessThanOrEqual(2e-9);
        expect(f(lower)).toBeGreaterThanOrEqual(0);
        expect(f(upper)).toBeLessThanOrEqual(0);
      },
    ),
  );
});

test('needs no more evaluations than bisection and one, and far fewer for a smooth function', () => {
  const count = (f: (x: number) => number): number => {
    let calls = 0;
    findRoot((x) => (calls++, f(x)), {lower: 0, upper: 1}, 2 ** -41);
    return calls - 2;
  };
  expect(count((x) => (x < 0.3 ? 1 : -1))).toBeLessThanOrEqual(41);
  expect(count((x) => 0.1 - x ** 3)).toBeLessThan(15);
});

test('a tolerance below the spacing of doubles still ends', () => {
  const {lower, upper} = findRoot((x) => Math.PI - x, {lower: 3, upper: 4}, 1e-300);
  expect(upper - lower).toBeLessThan(1e-15);
});

test('an interval without a change of sign is refused', () => {
  expect(() => findRoot((x) => x, {lower: 1, upper: 2}, 1e-9)).toThrow(
    'f must be >= 0 at 1 and <= 0 at 2, got 1 and 2',
  );
});
