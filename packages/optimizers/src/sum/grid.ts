/**
 * Grid units per clip norm, as powers of two. Under noise, whose standard deviation is about a clip norm, the coarse grid loses
 * nothing: a coordinate moves by 2^-23 of it, and the sensitivity grows by sqrt(D) 2^-23, 0.01 % at a million parameters. Up
 * to 2^22 units the kernels round and add four coordinates at a time. Without noise sums are compared with plain ones,
 * under clip norms far above the gradients: there the fine grid keeps float32's precision.
 */
const BITS_PER_CLIP_NORM = {withNoise: 22, withoutNoise: 30};

/** Largest number of examples whose clipped gradients are summed without rounding: |sum| stays below 2^53 grid units. */
export const MAX_EXAMPLES_PER_STEP = 2 ** (52 - BITS_PER_CLIP_NORM.withoutNoise);

/**
 * The grid of privacy rule 14: a power of two chosen from public constants alone. Clipped gradients are rounded to it
 * and summed exactly, and noise is drawn on it, so that neighbouring batches give outputs with the same support.
 */
export function gridFor(l2NormClip: number, noiseMultiplier: number): number {
  const bits = BITS_PER_CLIP_NORM[noiseMultiplier > 0 ? 'withNoise' : 'withoutNoise'];
  return 2 ** (Math.ceil(Math.log2(l2NormClip)) - bits);
}

/**
 * How far one clipped and rounded gradient can move the sum, in L2 norm: C + g sqrt(D) / 2. Clipping divides by a norm
 * that is never under-estimated, so no relative excess remains.
 */
export function roundedSensitivity(l2NormClip: number, grid: number, numParameters: number): number {
  return l2NormClip + (grid * Math.sqrt(numParameters)) / 2;
}
