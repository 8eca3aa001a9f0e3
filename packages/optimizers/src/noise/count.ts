import {fillGridGaussian, type RandomSource} from '@dp/random';

/**
 * What one example that is there can add to a centred count: plus or minus a half. So adding, removing or zeroing out an
 * example changes the count by at most 1/2, and replacing one by at most 1.
 */
export const COUNT_SENSITIVITY = 1 / 2;

/** Counts are multiples of 1/2 and noise of this, so that sums of both are exact. */
export const COUNT_GRID = 2 ** -20;

/** The largest standard deviation of a count's noise: far beyond use, and far within what is exact. */
export const MAX_COUNT_NOISE = 2 ** 24;

/**
 * Adds noise to a centred count, exactly: the real Gaussian rounded to the grid.
 *
 * @param count - A multiple of 1/2. Sensitive.
 * @returns Private.
 */
export function noisyCount(count: number, standardDeviation: number, source: RandomSource): number {
  const noise = new Float64Array(1);
  fillGridGaussian(noise, standardDeviation / COUNT_GRID, source);
  return (count / COUNT_GRID + (noise[0] ?? NaN)) * COUNT_GRID;
}
