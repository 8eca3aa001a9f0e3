import type * as tf from '@tensorflow/tfjs-core';

import type {Given} from '../data/given.js';
import type {ClassWeights} from '../step/class_weights.js';
import type {Workers} from '../workers/options.js';
import type {Callbacks, YieldEvery} from './callbacks.js';

/** A release after each epoch, with a row in the ledger. */
export interface PrivateValidation {
  /** Standard deviation of the noise on the number of right predictions. In (0, 2^24]. */
  readonly countNoise: number;
}

/** What `fit` and `fitDataset` have in common. */
export interface DpTrainingArgs {
  /** The expected size of a batch (Poisson), or the size of all but perhaps the last. Default: what the optimizer expects. */
  readonly batchSize?: number;
  /** Number of the epoch to stop before, counted from 0. Default: 1. */
  readonly epochs?: number;
  /** Number of the epoch to begin with. Default: 0. */
  readonly initialEpoch?: number;
  /**
   * 1: in Node, a live line on standard error, if that is a terminal, as `progressBar()` shows it; in a browser nothing, as in
   * tf.js. 0: silent. Default: 1.
   */
  readonly verbose?: 0 | 1;
  readonly callbacks?: Callbacks;
  /** Default: `'auto'`, every 125 milliseconds. */
  readonly yieldEvery?: YieldEvery;
  /** The weight of each class in the loss, for every class; public. One map, or one an output. */
  readonly classWeight?: ClassWeights;
  /** Examples that are not trained on, evaluated after each epoch. What comes of it is covered by no epsilon. */
  readonly validationData?: readonly [x: Given, y: Given];
  /** Log a noisy accuracy on the validation examples, `val_private_acc`, in place of what no epsilon covers. */
  readonly privateValidation?: PrivateValidation;
  /** Process at most so many examples at once: it affects memory, not privacy. Default: no limit. */
  readonly maxPhysicalBatch?: number;
  /** Ends training after the step under way. */
  readonly signal?: AbortSignal;
  /**
   * Threads that share each batch; results are the same. More than 1 needs a model whose layers and losses can be rebuilt in
   * another thread. Default: 1.
   */
  readonly workers?: Workers;
}

/** Arguments of `fit`, as in tf.js but for what privacy decides. */
export interface DpFitArgs extends DpTrainingArgs {
  /**
   * In (0, 1): the last examples, so large a part of all, are not trained on but evaluated after each epoch. Needs
   * `privacy.validation`, and `privacy.numExamples` counts the others.
   */
  readonly validationSplit?: number;
  /** One weight an example in the loss, [N], that depends on its own record alone. Sensitive. */
  readonly sampleWeight?: tf.Tensor;
  /** Batches are drawn as `privacy.sampling` says; a value that contradicts it is refused. */
  readonly shuffle?: boolean;
}
