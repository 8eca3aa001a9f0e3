import {polynomial} from './polynomial.js';

/** Where `erfNearZero` holds: |x| up to this. */
export const ERF_NEAR_ZERO_LIMIT = 0.46875;

const NUMERATOR = [
  0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694,
];
const DENOMINATOR = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];

/**
 * erf(x) = 2/sqrt(pi) * integral of exp(-t^2) from 0 to x, for |x| <= 0.46875.
 *
 * Source: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), region 1.
 */
export function erfNearZero(x: number): number {
  const square = x * x;
  return (x * polynomial(NUMERATOR, square)) / polynomial(DENOMINATOR, square);
}
