import {secureSource, type RandomSource} from '@dp/random';
import {requireInteger} from '../checks.js';

/** A fair coin for each canary: whether it takes part in the run. */
export function canaryCoins(count: number, source: RandomSource = secureSource()): boolean[] {
  requireInteger('count', count, 0, 2 ** 24);
  const words = new Uint32Array(count);
  source.fill(words);
  return Array.from(words, (word) => (word & 1) === 1);
}
