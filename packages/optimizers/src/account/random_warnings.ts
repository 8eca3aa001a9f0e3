import type {NeighbouringRelation} from '@dp/accountant';

import type {Randomness} from './randomness.js';

/** Where the random bits of a run came from, and whether its guarantee rests on who was drawn. */
export interface RandomUse {
  readonly randomness: {readonly noise: Randomness; readonly sampling: Randomness};
  readonly neighboring: NeighbouringRelation;
}

/** What is wrong with the sources of a run, in words. */
export function randomWarnings({randomness: {noise, sampling}, neighboring}: RandomUse): readonly string[] {
  const warnings: string[] = [];
  if (noise === 'notSecure') {
    warnings.push(
      'Some noise came from a seeded source, which anybody can draw again who knows or guesses the seed, and subtract: it protects nobody. Epsilon is what the same run with secure noise would have.',
    );
  }
  // Only Poisson sampling makes a promise of who was drawn, and it is the one under this relation.
  if (neighboring !== 'addOrRemoveOne') return warnings;
  if (sampling === 'notSecure') {
    warnings.push(
      'Some batches were drawn by a seeded sampler: whoever knows or guesses the seed knows who was in which batch, and for them sampling amplifies nothing. Epsilon holds only against those who do not.',
    );
  }
  if (sampling === 'notRecorded') {
    warnings.push(
      'It is not recorded what drew the batches: epsilon holds if it was a secure source. The samplers of this library record theirs; a batch of yours says it in `random`.',
    );
  }
  return warnings;
}

const NOISE: {readonly [R in Randomness]: string} = {
  none: 'nothing was drawn',
  secure: "the operating system's secure source",
  notRecorded: 'not recorded',
  notSecure:
    'a source that is not secure (seeded, for tests): the noise can be drawn again and subtracted, so that nothing is private',
};

const SAMPLING: {readonly [R in Randomness]: string} = {
  ...NOISE,
  none: 'nothing was drawn by chance',
  notSecure: 'a source that is not secure (seeded, for tests)',
};

/** Where noise came from, in words. */
export function noiseSourceText({randomness: {noise}}: RandomUse): string {
  return NOISE[noise];
}

/** What drew the batches, in words, with what that does to the guarantee. */
export function samplerSourceText({randomness: {sampling}, neighboring}: RandomUse): string {
  const text = SAMPLING[sampling];
  if (sampling === 'none' || sampling === 'secure') return text;
  return neighboring === 'addOrRemoveOne'
    ? `${text}: the guarantee rests on nobody knowing who was drawn, and holds only against those who do not`
    : `${text}: the guarantee does not rest on it, and holds for every order`;
}
