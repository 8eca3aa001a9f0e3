import {SQUARED_NORM_RELATIVE_ERROR} from '@dp/kernels/on-demand';

/** Covers the error of the squared norm, of the root, of the division and of the products, with room to spare. */
const NORM_SLACK = 1 + SQUARED_NORM_RELATIVE_ERROR + 2 ** -48;

/**
 * Flat clipping (Abadi et al. 2016, Algorithm 1): the factor that brings a gradient of squared L2 norm `squaredNorm` to
 * norm at most `l2NormClip`. The norm is taken at the upper end of its error, so it is never under-estimated.
 * Sensitive: the factor belongs to one example.
 *
 * @returns A factor in (0, 1].
 */
export function clipFactor(squaredNorm: number, l2NormClip: number): number {
  const norm = Math.sqrt(squaredNorm) * NORM_SLACK;
  return norm > l2NormClip ? l2NormClip / norm : 1;
}

/**
 * Automatic clipping (Bu et al. 2022, equation 4.1): C / (|g| + gamma), with the norm at the upper end of its error.
 * Sensitive.
 */
export function automaticFactor(squaredNorm: number, l2NormClip: number, gamma: number): number {
  return l2NormClip / (Math.sqrt(squaredNorm) * NORM_SLACK + gamma);
}
