import {expect, test} from '@jest/globals';
import {relativeError} from '../testing/relative_error.js';
import {erfNearZero} from './erf_near_zero.js';

// mpmath 1.4.1, 60 digits.
test.each([
  [0, 0],
  [1e-10, 1.1283791670955126e-10],
  [0.3, 0.3286267594591274],
  [0.46875, 0.49261347321793797],
  [-0.3, -0.3286267594591274],
])('erf(%d) is %d', (x, truth) => {
  expect(relativeError(erfNearZero(x), truth)).toBeLessThan(4e-16);
});
