import {expect, test} from '@jest/globals';
import {relativeError} from '../testing/relative_error.js';
import {logExpm1} from './log_expm1.js';

// mpmath 1.4.1, 60 digits.
test.each([
  [1e-300, -690.7755278982137],
  [1e-8, -18.420680738952367],
  [0.999, 0.539742417236952],
  [1, 0.5413248546129181],
  [30, 29.999999999999908],
  [1e5, 1e5],
])('log(exp(%d) - 1) is %d', (x, truth) => {
  expect(relativeError(logExpm1(x), truth)).toBeLessThan(1e-15);
});

test('zero gives minus infinity', () => {
  expect(logExpm1(0)).toBe(-Infinity);
});
