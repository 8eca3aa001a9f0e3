import {erfcx} from './erfcx.js';

/** Mills' ratio of the standard normal distribution: P(X > x) / density(x). Positive, falling, about 1/x for large x. */
export function millsRatio(x: number): number {
  return Math.sqrt(Math.PI / 2) * erfcx(x * Math.SQRT1_2);
}
