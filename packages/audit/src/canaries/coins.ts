import {secureSource, type RandomSource} from '@dp/random';

/** A fair coin for each canary: whether it takes part in the run. */
export function canaryCoins(count: number, source: RandomSource = secureSource()): boolean[] {
  const words = new Uint32Array(count);
  source.fill(words);
  return Array.from(words, (word) => (word & 1) === 1);
}
