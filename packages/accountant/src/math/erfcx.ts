import {ERF_NEAR_ZERO_LIMIT, erfNearZero} from './erf_near_zero.js';
import {polynomial} from './polynomial.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {exp, sqrt} = Math;

const MIDDLE_NUMERATOR = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
  881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const MIDDLE_DENOMINATOR = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const FAR_NUMERATOR = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const FAR_DENOMINATOR = [
  1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];
const INVERSE_SQRT_PI = 1 / sqrt(Math.PI);

/**
 * The scaled complementary error function exp(x^2) * erfc(x), which neither underflows nor loses digits for large x.
 * It overflows to infinity below x = -26.6.
 *
 * Source: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
 */
export function erfcx(x: number): number {
  if (x < -ERF_NEAR_ZERO_LIMIT) return 2 * exp(x * x) - erfcx(-x);
  if (x <= ERF_NEAR_ZERO_LIMIT) return exp(x * x) * (1 - erfNearZero(x));
  if (x <= 4) return polynomial(MIDDLE_NUMERATOR, x) / polynomial(MIDDLE_DENOMINATOR, x);
  const w = 1 / (x * x);
  const correction = (w * polynomial(FAR_NUMERATOR, w)) / polynomial(FAR_DENOMINATOR, w);
  return (INVERSE_SQRT_PI - correction) / x;
}
