import {ERF_NEAR_ZERO_LIMIT, erfNearZero} from './erf_near_zero.js';
import {erfc} from './erfc.js';
import {erfcx} from './erfcx.js';

/** The natural logarithm of erfc(x), finite also where erfc(x) itself underflows (x > 26.5). */
export function logErfc(x: number): number {
  if (x < -ERF_NEAR_ZERO_LIMIT) return Math.LN2 + Math.log1p(-erfc(-x) / 2);
  if (x <= ERF_NEAR_ZERO_LIMIT) return Math.log1p(-erfNearZero(x));
  return Math.log(erfcx(x)) - x * x;
}
