import {expect, test} from '@jest/globals';
import {relativeError} from '../testing/relative_error.js';
import {gaussLegendre} from './gauss_legendre.js';

test('is exact for polynomials up to degree 15, and only for these', () => {
  for (let degree = 0; degree <= 15; degree++) {
    const integral = (3 ** (degree + 1) - 1) / (degree + 1);
    expect(
      relativeError(
        gaussLegendre((x) => x ** degree, 1, 2),
        integral,
      ),
    ).toBeLessThan(4e-15);
  }
  expect(
    relativeError(
      gaussLegendre((x) => x ** 16, -1, 2),
      2 / 17,
    ),
  ).toBeGreaterThan(1e-6);
});
