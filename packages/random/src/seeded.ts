import {shown} from './checks.js';
import type {RandomSource} from './source.js';

/**
 * A repeatable source **for tests only: it protects nobody**. Whoever knows or guesses the seed can
 * subtract the noise, and a resumed run repeats it. The generator is xoshiro128** (Blackman and Vigna
 * 2021), its state filled by the splitmix32 mixer.
 *
 * @param seed an integer in [0, 2^53).
 * @throws RangeError for any other seed.
 */
export function seededSource(seed: number): RandomSource {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed must be an integer in [0, 2^53), got ${shown(seed)}`);
  }
  const mix = splitmix32((seed % 2 ** 32) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b));
  let a = mix();
  let b = mix();
  let c = mix();
  let d = mix() | 1; // The all-zero state is a fixed point.
  return {
    name: `seeded ${seed} (for tests, protects nobody)`,
    secure: false,
    fill(words) {
      for (let i = 0; i < words.length; i++) {
        const scrambled = Math.imul(b, 5);
        words[i] = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
        const shifted = b << 9;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        d = (d << 11) | (d >>> 21);
      }
    },
  };
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
}
