import {ERF_NEAR_ZERO_LIMIT, erfNearZero} from './erf_near_zero.js';
import {erfcx} from './erfcx.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {exp, trunc} = Math;

/** The complementary error function 1 - erf(x), to full relative accuracy also where it is tiny. */
export function erfc(x: number): number {
  if (x < -ERF_NEAR_ZERO_LIMIT) return 2 - erfc(-x);
  if (x <= ERF_NEAR_ZERO_LIMIT) return 1 - erfNearZero(x);
  if (x > 30) return 0;
  // exp(-x^2) with x^2 split into a part that is exact in a double and a small rest: rounding x^2 itself would cost
  // x^2 units in the last place (Cody 1969).
  const head = trunc(x * 16) / 16;
  const tail = (x - head) * (x + head);
  return exp(-head * head) * exp(-tail) * erfcx(x);
}
