import {shown} from './checks.js';
import {uniform53} from './uniform.js';
import type {WordReader} from './word_reader.js';

/**
 * The sampling probability that the coin really has: `ceil(q * 2^53) / 2^53`, never below q. Both operations
 * are exact in doubles. This, and not q, belongs into ledger and accountant.
 *
 * @param samplingProbability q in (0, 1].
 * @throws RangeError for any other q.
 */
export function effectiveSamplingProbability(samplingProbability: number): number {
  return coinThreshold(samplingProbability) / 2 ** 53;
}

/** The integer that a uniform 53-bit integer is compared with: ceil(q * 2^53), in [1, 2^53]. */
export function coinThreshold(samplingProbability: number): number {
  // Written so that NaN fails too. '0.5' and true are no numbers.
  if (typeof samplingProbability !== 'number' || !(samplingProbability > 0 && samplingProbability <= 1)) {
    throw new RangeError(`samplingProbability must be in (0, 1], got ${shown(samplingProbability)}`);
  }
  return Math.ceil(samplingProbability * 2 ** 53);
}

/**
 * One coin of Poisson sampling, the integer test `u53 < ceil(q * 2^53)`: true with probability {@link
 * effectiveSamplingProbability}`(q)` exactly. For a whole data set use `poissonSample`, which is faster.
 *
 * @param samplingProbability q in (0, 1].
 * @throws RangeError for any other q.
 */
export function poissonCoin(samplingProbability: number, words: WordReader): boolean {
  return uniform53(words) < coinThreshold(samplingProbability);
}
