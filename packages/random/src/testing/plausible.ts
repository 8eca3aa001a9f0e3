import {halfNormal} from '../gaussian/half_normal.js';

/**
 * The chance that one check below raises a false alarm. The package's tests make fewer than 400 such checks of
 * words from the secure source in a run: all together raise one with probability below 1e-6.
 */
export const FALSE_ALARM = 2e-9;

/**
 * Whether `count` successes in `trials` independent trials are plausible for success probability `p`: false with
 * probability at most FALSE_ALARM if p is right, by Chernoff's bound P(count / trials beyond f) <= exp(-trials
 * KL(f || p)) for each side.
 */
export function isPlausibleCount(count: number, trials: number, p: number): boolean {
  const f = count / trials;
  const divergence = (f > 0 ? f * Math.log(f / p) : 0) + (f < 1 ? (1 - f) * Math.log((1 - f) / (1 - p)) : 0);
  return trials * divergence <= Math.log(2 / FALSE_ALARM);
}

/**
 * Whether a sum of `trials` independent standard normals is plausible (exact bound), or approximately so any sum of
 * many terms with mean 0 and variance 1.
 */
export function isPlausibleSum(sum: number, trials: number): boolean {
  return Math.abs(sum) <= Math.sqrt(2 * trials * Math.log(2 / FALSE_ALARM));
}

/**
 * Whether the mean of `trials` squared standard normals is plausible, by the bounds of Laurent and Massart 2000,
 * lemma 1.
 */
export function isPlausibleVariance(variance: number, trials: number): boolean {
  const x = Math.log(2 / FALSE_ALARM);
  return Math.abs(variance - 1) <= 2 * Math.sqrt(x / trials) + (2 * x) / trials;
}

/** Whether a largest distance of distribution functions is plausible (Massart 1990). */
export function isPlausibleDistance(distance: number, trials: number): boolean {
  return distance <= Math.sqrt(Math.log(2 / FALSE_ALARM) / (2 * trials));
}

/** P(X > x) of a standard normal X, to double precision also in the tail; x is taken as the double it is. */
export function normalTail(x: number): number {
  const {tail} = halfNormal(BigInt(Math.abs(x) * 2 ** 60), 1n << 60n, 200);
  const half = Number(tail) / 2 ** 201;
  return x >= 0 ? half : 1 - half;
}
