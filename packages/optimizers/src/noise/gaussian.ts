import {fillGridGaussian, type RandomSource} from '@dp/random';

/** Coordinates whose noise is drawn at a time: it stays in the cache until it is added. */
const BLOCK = 2 ** 13;

/**
 * Adds Gaussian noise to sums held in grid units and divides by a public constant. The noise is the real Gaussian rounded
 * to the grid, added in exact integer arithmetic: the result is the Gaussian mechanism's output, rounded. Division and the
 * conversion to float32 come last (privacy rules 14-16). Every coordinate gets fresh noise, whatever its sum.
 *
 * @param sums - Sensitive; integers in grid units, one array a variable.
 * @param standardDeviations - Of the noise on the sum, in the gradient's unit, one a variable.
 * @param divisor - Public constant.
 * @returns The private means, one array a variable.
 */
export function noisyMean(
  sums: readonly Float64Array[],
  {
    standardDeviations,
    grid,
    divisor,
  }: {readonly standardDeviations: readonly number[]; readonly grid: number; readonly divisor: number},
  source: RandomSource,
): Float32Array[] {
  const unit = grid / divisor;
  const drawn = new Float64Array(Math.min(BLOCK, Math.max(0, ...sums.map(({length}) => length))));
  return sums.map((whole, v) => {
    const mean = new Float32Array(whole.length);
    for (let start = 0; start < whole.length; start += BLOCK) {
      const sum = whole.subarray(start, start + BLOCK);
      const noise = drawn.subarray(0, sum.length);
      fillGridGaussian(noise, (standardDeviations[v] ?? NaN) / grid, source);
      writeMean(mean.subarray(start, start + BLOCK), sum, noise, unit);
    }
    return mean;
  });
}

/** Apart, since a loop inside the closure above boxes each number (V8). */
function writeMean(mean: Float32Array, sum: Float64Array, noise: Float64Array, unit: number): void {
  for (let i = 0; i < mean.length; i++) mean[i] = ((sum[i] as number) + (noise[i] as number)) * unit;
}
