import {fillGridGaussian, type RandomSource} from '@dp/random';

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
  return sums.map((sum, v) => {
    const noise = new Float64Array(sum.length);
    fillGridGaussian(noise, (standardDeviations[v] ?? NaN) / grid, source);
    const mean = new Float32Array(sum.length);
    for (let i = 0; i < sum.length; i++) mean[i] = ((sum[i] as number) + (noise[i] as number)) * unit;
    return mean;
  });
}
