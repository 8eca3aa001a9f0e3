import type {TutorialFlags} from '../run/flags.js';

/** Flags of a short run, beside those that a test sets. */
export const FLAGS: TutorialFlags = {
  dpsgd: true,
  learningRate: 0.15,
  noiseMultiplier: 1.1,
  targetEpsilon: undefined,
  l2NormClip: 1,
  batchSize: 32,
  epochs: 2,
  microbatches: 32,
  delta: 1e-5,
  modelDir: undefined,
  dataDir: undefined,
  backend: 'wasm',
  sampling: 'poisson',
  seed: undefined,
  plot: undefined,
  report: undefined,
};

/** A few generated digits, and no network. */
export const OFFLINE = {offline: true, cacheDir: '/nonexistent'};
