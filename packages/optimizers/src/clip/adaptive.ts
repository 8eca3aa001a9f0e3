import {DpError} from '../errors.js';
import {COUNT_SENSITIVITY} from '../noise/count.js';
import type {AdaptiveClipping} from './mode.js';

/** The clip norm stays between these, wherever noise drives it: what is computed with it stays finite. */
const LEAST_CLIP = 1e-12;
const LARGEST_CLIP = 1e12;

/**
 * Splits one event's noise multiplier between the count and the gradients (Andrew et al. 2021, Theorem 1): with count noise
 * sigma_b on a count of sensitivity 1/2, gradients get (z^-2 - (2 sigma_b)^-2)^(-1/2).
 *
 * @throws DpError INVALID_OPTION unless sigma_b is greater than z / 2.
 */
export function splitNoise(
  noiseMultiplier: number,
  {countNoise}: AdaptiveClipping,
): {readonly gradients: number; readonly count: number} {
  const count = countNoise / COUNT_SENSITIVITY;
  if (noiseMultiplier === 0) return {gradients: 0, count};
  if (!(count > noiseMultiplier)) {
    throw new DpError(
      'INVALID_OPTION',
      `adaptive clipping: countNoise must be greater than noiseMultiplier / 2 = ${noiseMultiplier / 2}, got ${countNoise}: ` +
        'the count alone would cost more than the whole step may',
    );
  }
  const share = noiseMultiplier / count;
  return {gradients: noiseMultiplier / Math.sqrt((1 - share) * (1 + share)), count};
}

/**
 * The centred count of gradients whose norm is at most the clip norm: the sum of +1/2 for each that is and -1/2 for each
 * that is not. One that is left out, as not finite, adds nothing, like one that is not there; so adding, removing or
 * zeroing out an example changes the count by at most 1/2, and replacing one by at most 1.
 *
 * @param norms - Sensitive; NaN where a gradient was left out.
 */
export function centredCount(norms: Float64Array, l2NormClip: number): number {
  let count = 0;
  for (const norm of norms) {
    if (!Number.isNaN(norm)) count += norm <= l2NormClip ? COUNT_SENSITIVITY : -COUNT_SENSITIVITY;
  }
  return count;
}

/** The next step's clip norm: C exp(-learningRate (b - targetQuantile)), b = 1/2 + count / divisor (Algorithm 1). */
export function nextClipNorm(
  l2NormClip: number,
  noisyCentredCount: number,
  divisor: number,
  {learningRate, targetQuantile}: AdaptiveClipping,
): number {
  const share = 1 / 2 + noisyCentredCount / divisor;
  const next = l2NormClip * Math.exp(-learningRate * (share - targetQuantile));
  return Math.min(LARGEST_CLIP, Math.max(LEAST_CLIP, next));
}
