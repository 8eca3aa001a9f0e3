import type {NewRow} from '../account/ledger.js';

/** A row without what a test is about: the batch, its sampling, and what the ledger adds. */
export const ROW: Omit<NewRow, 'batchId' | 'sampling'> = {
  what: 'gradientSum',
  optimizer: {className: 'DPSGD', id: 'DPSGD-0'},
  step: 0,
  mechanism: {kind: 'gaussian'},
  noiseMultiplier: 1.1,
  sensitivity: 1,
  l2NormClip: 1,
  clipping: 'flat',
  microbatchSize: 1,
  divisor: 256,
  grid: 2 ** -30,
  numParameters: 10,
  random: {name: 'webcrypto', secure: true},
  samplerRandom: {name: 'webcrypto', secure: true},
};
