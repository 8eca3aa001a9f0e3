/**
 * Two-sided bounds that a right program passes with probability at most `rate`. All are exact inequalities, except where
 * they say so, so that stated false-alarm rates hold at any sample size.
 */

/** |mean| of n independent standard normals. */
export function meanBound(n: number, rate: number): number {
  return Math.sqrt((2 * Math.log(2 / rate)) / n);
}

/** |mean of squares - 1| of n independent standard normals (Laurent and Massart 2000, lemma 1). */
export function varianceBound(n: number, rate: number): number {
  const x = Math.log(2 / rate);
  return 2 * Math.sqrt(x / n) + (2 * x) / n;
}

/**
 * |mean of products| of n pairs of independent standard normals, where no product shares both members with another: the sum
 * is sub-gamma with variance factor n and scale 1 (its logarithmic moment generating function is -log(1 - s^2) / 2 a term).
 */
export function productBound(n: number, rate: number): number {
  const x = Math.log(2 / rate);
  return Math.sqrt((2 * x) / n) + x / n;
}

/** The largest distance between an empirical and the true distribution function of n draws (Massart 1990). */
export function distributionBound(n: number, rate: number): number {
  return Math.sqrt(Math.log(2 / rate) / (2 * n));
}

/**
 * How implausible a count of successes is: -log of Chernoff's bound on its two-sided probability. A right program passes
 * log(1 / rate) with probability at most `rate`.
 */
export function countSurprise(count: number, trials: number, probability: number): number {
  const share = count / trials;
  const term = (part: number, whole: number): number => (part > 0 ? part * Math.log(part / whole) : 0);
  const divergence = term(share, probability) + term(1 - share, 1 - probability);
  return Math.max(0, trials * divergence - Math.LN2);
}
