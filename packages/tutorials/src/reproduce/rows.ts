/** How a model is trained. All of it is public. */
export interface Settings {
  /** Undefined: without privacy. */
  readonly privacy?: {readonly l2NormClip: number; readonly noiseMultiplier: number};
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Of the network. Default: `relu`. */
  readonly activation?: 'relu' | 'tanh';
  /** Decay of the average of the weights that is evaluated. Default: none. */
  readonly emaDecay?: number;
}

/** A row of the table: what is trained, and what the original says of it. */
export interface Row {
  /** Names its files. */
  readonly name: string;
  readonly settings: Settings;
  /** In the README of TF Privacy's tutorials: epsilon at delta 1e-5 by the classic conversion. None for a row of our own. */
  readonly original?: {readonly accuracy: number; readonly epsilon?: number};
}

/** delta of every epsilon in the table. */
export const DELTA = 1e-5;

/**
 * The table of TensorFlow Privacy's tutorials (tensorflow/privacy, tutorials/README.md), all at batch size 256, where the
 * network, the loss and the optimizer are the tutorial's; and rows of our own, which others' published settings suggested.
 */
export const ROWS: readonly Row[] = [
  {
    name: 'no-privacy',
    settings: {learningRate: 0.1, batchSize: 256, epochs: 20},
    original: {accuracy: 0.99},
  },
  {
    name: 'noise-1.3',
    settings: {
      privacy: {noiseMultiplier: 1.3, l2NormClip: 1.5},
      learningRate: 0.25,
      batchSize: 256,
      epochs: 15,
    },
    original: {accuracy: 0.95, epsilon: 1.19},
  },
  {
    name: 'noise-1.1',
    settings: {
      privacy: {noiseMultiplier: 1.1, l2NormClip: 1},
      learningRate: 0.15,
      batchSize: 256,
      epochs: 60,
    },
    original: {accuracy: 0.966, epsilon: 3.01},
  },
  {
    name: 'noise-0.7',
    settings: {
      privacy: {noiseMultiplier: 0.7, l2NormClip: 1.5},
      learningRate: 0.25,
      batchSize: 256,
      epochs: 45,
    },
    original: {accuracy: 0.97, epsilon: 7.1},
  },
  // Of our own, at the privacy of `noise-1.1`.
  {
    name: 'tanh-ema',
    settings: {
      privacy: {noiseMultiplier: 1.3, l2NormClip: 1},
      learningRate: 1,
      batchSize: 1024,
      epochs: 23,
      activation: 'tanh',
      emaDecay: 0.99,
    },
  },
  {
    name: 'tanh-lr-2',
    settings: {
      privacy: {noiseMultiplier: 1.3, l2NormClip: 1},
      learningRate: 2,
      batchSize: 1024,
      epochs: 23,
      activation: 'tanh',
      emaDecay: 0.99,
    },
  },
  {
    name: 'tanh-2048',
    settings: {
      privacy: {noiseMultiplier: 2.14, l2NormClip: 1},
      learningRate: 4,
      batchSize: 2048,
      epochs: 40,
      activation: 'tanh',
      emaDecay: 0.99,
    },
  },
];
