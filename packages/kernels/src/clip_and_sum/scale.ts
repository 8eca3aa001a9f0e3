/** What a gradient is multiplied by before it is rounded and added. */
export interface Scale {
  readonly factor: number;
  /**
   * A float32 number a little below `factor`, where the scaled gradient is small enough to be rounded in float32
   * (assembly/rounded_sums.ts).
   */
  readonly small: number | undefined;
}

/** The largest norm, in grid units, of a gradient that is rounded in float32: no coordinate is larger. */
export const LARGEST_SMALL_NORM = 2 ** 22;

/**
 * The scale of a gradient whose norm is then `scaledNorm`, to within 1e-10 of it.
 *
 * `small` takes up all rounding, so that the norm of what is rounded to integers is at most |factor| times the gradient's:
 * with u = 2^-24, it is at most factor (1 - 4u)(1 + u); each product of it with one or two more float32 factors is within
 * (1 + u)^2 of the exact one, and (1 - 4u)(1 + u)^3 < 1. Products below float32's normal numbers may be off by more, but
 * become the integer 0, which is no larger than what it stands for.
 */
export function scaleOf(factor: number, scaledNorm: number): Scale {
  const size = Math.abs(factor);
  // Within this range factor and factor (1 - 4u) are normal numbers of float32.
  const isSmall = scaledNorm <= LARGEST_SMALL_NORM && size >= 2 ** -100 && size <= 2 ** 100;
  return {factor, small: isSmall ? Math.fround(factor * (1 - 2 ** -22)) : undefined};
}
