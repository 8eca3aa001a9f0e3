import {expect, test} from '@jest/globals';
import {relativeError} from '../testing/relative_error.js';
import {logErfc} from './log_erfc.js';

// mpmath 1.4.1, 60 digits.
test.each([
  [-30, 0.6931471805599453],
  [-3.5, 0.6931468090106901],
  [-0.5, 0.41903914777555956],
  [-0.46875, 0.40052859235130783],
  [-1e-10, 1.1283791670318507e-10],
  [0, 0],
  [1e-10, -1.1283791671591746e-10],
  [0.46875, -0.6784821856143961],
  [0.46876, -0.6785000378222935],
  [1, -1.8496055099332482],
  [4, -17.987778312103007],
  [10, -102.87988902484489],
  [30, -903.9741171106439],
  [100, -10005.177585122665],
  [1e4, -100000009.78270532],
  [1e8, -10000000000000018],
])('log erfc(%d) is %d to 8 units in the last place', (x, truth) => {
  expect(relativeError(logErfc(x), truth)).toBeLessThan(8 * 2 ** -53);
});
