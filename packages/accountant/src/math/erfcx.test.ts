import {expect, test} from '@jest/globals';
import {relativeError} from '../testing/relative_error.js';
import {erfcx} from './erfcx.js';

// mpmath 1.4.1, 60 digits.
test.each([
  [-6, 8622463094230390],
  [-1, 5.008980080762283],
  [-0.46875, 1.859402416871422],
  [0, 1],
  [1e-3, 0.9988726200811514],
  [0.3, 0.7345993345676551],
  [0.46875, 0.6320696892495561],
  [0.46876, 0.6320643311493123],
  [1, 0.427583576155807],
  [4, 0.13699945762506138],
  [4.1, 0.133834116418652],
  [30, 0.01879588886141675],
  [1e4, 0.00005641895807268084],
])('exp(x^2) erfc(x) at %d is %d to 8 units in the last place', (x, truth) => {
  expect(relativeError(erfcx(x), truth)).toBeLessThan(8 * 2 ** -53);
});

test('far out it is 1 / (x sqrt(pi)), with no overflow on the way', () => {
  expect(relativeError(erfcx(1e200), 1 / (1e200 * Math.sqrt(Math.PI)))).toBeLessThan(1e-15);
  expect(erfcx(-40)).toBe(Infinity);
});
