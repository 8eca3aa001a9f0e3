import {millsRatio} from './mills_ratio.js';

/** From here on the continued fraction converges within DEPTH terms, and 1 - x M(x) would begin to lose digits. */
const FAR = 4;
const DEPTH = 60;

/**
 * How fast Mills' ratio M falls: -M'(x) = 1 - x M(x), without the cancellation of that formula for large x, by
 * M(x) = 1/(x + c(x)) with Laplace's continued fraction c(x) = 1/(x + 2/(x + 3/(x + ...))).
 */
export function millsRatioFall(x: number): number {
  if (x < FAR) return 1 - x * millsRatio(x);
  let c = 0;
  for (let term = DEPTH; term >= 1; term--) c = term / (x + c);
  return c / (x + c);
}
