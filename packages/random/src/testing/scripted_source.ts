import type {RandomSource} from '../source.js';

/** A source that hands out the given words, then the last one for ever. */
export function scriptedSource(...script: readonly number[]): RandomSource {
  let next = 0;
  return {
    name: 'scripted',
    secure: false,
    fill(words) {
      for (let i = 0; i < words.length; i++) words[i] = script[Math.min(next++, script.length - 1)]!;
    },
  };
}
