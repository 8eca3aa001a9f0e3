/** An interval that holds a root; its ends are 2 * tolerance apart or less, or neighbouring doubles. */
export interface RootBracket {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Narrows the interval [lower, upper] around a root of a function that is positive at `lower` and negative at `upper`, and
 * continuous or at least monotone. The caller takes the end that is on its safe side: the function is >= 0 at the
 * returned `lower` and <= 0 at the returned `upper`.
 *
 * Source: ITP (Oliveira and Takahashi 2020, "An Enhancement of the Bisection Method Average Performance Preserving Minmax
 * Optimality"), with k1 = 0.2 / (upper - lower), k2 = 2, n0 = 1: never more than one evaluation above bisection.
 */
export function findRoot(f: (x: number) => number, bracket: RootBracket, tolerance: number): RootBracket {
  let {lower, upper} = bracket;
  let atLower = f(lower);
  let atUpper = f(upper);
  if (!(atLower >= 0 && atUpper <= 0)) {
    throw new RangeError(`f must be >= 0 at ${lower} and <= 0 at ${upper}, got ${atLower} and ${atUpper}`);
  }
  const k1 = 0.2 / (upper - lower);
  let radius = tolerance * 2 ** (Math.ceil(Math.log2((upper - lower) / (2 * tolerance))) + 1);
  while (upper - lower > 2 * tolerance) {
    const half = (upper - lower) / 2;
    const middle = lower + half;
    const secant = (lower * atUpper - upper * atLower) / (atUpper - atLower);
    const toMiddle = Math.sign(middle - secant);
    const truncation = k1 * (upper - lower) ** 2;
    const truncated = truncation <= Math.abs(middle - secant) ? secant + toMiddle * truncation : middle;
    const reach = radius - half;
    const projected = Math.abs(truncated - middle) <= reach ? truncated : middle - toMiddle * reach;
    // Rounding may put the point on an end, and in the end leaves no double between the ends.
    const x = projected > lower && projected < upper ? projected : middle;
    if (x <= lower || x >= upper) break;
    const atX = f(x);
    if (atX >= 0) [lower, atLower] = [x, atX];
    if (atX <= 0) [upper, atUpper] = [x, atX];
    radius /= 2;
  }
  return {lower, upper};
}
