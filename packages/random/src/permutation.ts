import {shown} from './checks.js';
import {secureSource} from './secure.js';
import type {RandomSource} from './source.js';
import {boundedInteger} from './uniform.js';
import {WordReader} from './word_reader.js';

/**
 * A uniformly random permutation of 0 .. n - 1, by Fisher and Yates with unbiased bounded integers.
 * The result is secret wherever the order of the examples is.
 *
 * @param n an integer in [0, 2^31).
 * @throws RangeError for any other n.
 */
export function randomPermutation(n: number, source: RandomSource = secureSource()): Int32Array<ArrayBuffer> {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31) {
    throw new RangeError(`n must be an integer in [0, 2^31), got ${shown(n)}`);
  }
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  const words = new WordReader(source, Math.max(1, Math.min(n, 16_384)));
  for (let last = n - 1; last > 0; last--) {
    const chosen = boundedInteger(last + 1, words);
    const moved = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = moved;
  }
  return order;
}
