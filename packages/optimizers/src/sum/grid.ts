/** Grid units per clip norm, as a power of two: fine enough to lose nothing, coarse enough that 2^22 examples sum exactly. */
const BITS_PER_CLIP_NORM = 30;

/** Largest number of examples whose clipped gradients are summed without rounding: |sum| stays below 2^53 grid units. */
export const MAX_EXAMPLES_PER_STEP = 2 ** (52 - BITS_PER_CLIP_NORM);

/**
 * The grid of privacy rule 14: a power of two chosen from the public clip norm alone. Clipped gradients are rounded to it
 * and summed exactly, and noise is drawn on it, so that neighbouring batches give outputs with the same support.
 */
export function gridFor(l2NormClip: number): number {
  return 2 ** (Math.ceil(Math.log2(l2NormClip)) - BITS_PER_CLIP_NORM);
}

/**
 * How far one clipped and rounded gradient can move the sum, in L2 norm: C + g sqrt(D) / 2. Clipping divides by a norm
 * that is never under-estimated, so no relative excess remains.
 */
export function roundedSensitivity(l2NormClip: number, grid: number, numParameters: number): number {
  return l2NormClip + (grid * Math.sqrt(numParameters)) / 2;
}
