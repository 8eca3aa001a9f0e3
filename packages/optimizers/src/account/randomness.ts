import type {RandomSource} from '@dp/random';

import type {NewRow} from './ledger.js';
import {amplifies} from './sampling.js';

/** What is known of where random bits came from: nothing that was random, a secure source, none that is written down, or another. */
export type Randomness = 'none' | 'secure' | 'notRecorded' | 'notSecure';

const ORDER: readonly Randomness[] = ['none', 'secure', 'notRecorded', 'notSecure'];

/** Where random bits came from, as a row says it. */
export type RandomOrigin = Pick<RandomSource, 'name' | 'secure'>;

/** What a row says of a source. */
export function originOf({name, secure}: RandomSource): RandomOrigin {
  return {name, secure};
}

/** What is known of a row's noise, and of the draw of its batch. */
export function randomnessOf({random, samplerRandom, sampling}: NewRow): {
  readonly noise: Randomness;
  readonly sampling: Randomness;
} {
  const drawn =
    samplerRandom === undefined ? (amplifies(sampling) ? 'notRecorded' : 'none') : named(samplerRandom);
  return {noise: named(random), sampling: drawn};
}

/** What may be said of both together. */
export function worse(a: Randomness, b: Randomness): Randomness {
  return ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b;
}

function named({secure}: RandomOrigin): Randomness {
  return secure ? 'secure' : 'notSecure';
}
