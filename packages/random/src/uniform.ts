import {shown} from './checks.js';
import type {WordReader} from './word_reader.js';

// Bound once: where tests run in a sandbox, as with jest, every access to the global Math is a slow look-up.
const {clz32} = Math;

/** A uniform integer in [0, 2^53): the leading 53 bits of a uniform real. */
export function uniform53(words: WordReader): number {
  return words.next() * 2 ** 21 + (words.next() >>> 11);
}

/**
 * A uniform integer in [0, bound), exactly: as many leading bits of a word as the bound has, rejected until
 * they are below it (fewer than two words on average).
 *
 * @param bound an integer in [1, 2^32].
 * @throws RangeError for any other bound.
 */
export function boundedInteger(bound: number, words: WordReader): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
    throw new RangeError(`bound must be an integer in [1, 2^32], got ${shown(bound)}`);
  }
  const unusedBits = clz32((bound - 1) | 1);
  for (;;) {
    const integer = words.next() >>> unusedBits;
    if (integer < bound) return integer;
  }
}
