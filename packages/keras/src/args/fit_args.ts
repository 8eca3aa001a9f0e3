import type * as tf from '@tensorflow/tfjs-core';
import type {Callback} from '@tensorflow/tfjs-layers';
import {DpError} from '@dp/optimizers';

import {kindOf, type SamplingChoice} from '../plan/sampling.js';
import type {Workers} from '../workers/options.js';

/** What callbacks are told. But for `epsilon` it comes straight from the examples, and no epsilon covers it (privacy rule 19). */
export interface TrainingLogs {
  /** What has been spent so far. After a batch it is computed when it is read. */
  readonly epsilon: number;
  /** After a batch: its number in the epoch. */
  readonly batch: number;
  /** After a batch: its size. */
  readonly size: number;
  /** Means over the batch or the epoch: `loss`, the metrics, and after an epoch the same of the validation as `val_`. */
  readonly [name: string]: number;
}

/** A callback as a plain object. */
export interface TrainingCallback {
  readonly onTrainBegin?: () => void | Promise<void>;
  readonly onTrainEnd?: () => void | Promise<void>;
  readonly onEpochBegin?: (epoch: number) => void | Promise<void>;
  readonly onEpochEnd?: (epoch: number, logs: TrainingLogs) => void | Promise<void>;
  readonly onBatchBegin?: (batch: number) => void | Promise<void>;
  readonly onBatchEnd?: (batch: number, logs: TrainingLogs) => void | Promise<void>;
  /** Called where training yields to the page; see `yieldEvery`. */
  readonly onYield?: (epoch: number, batch: number, logs: TrainingLogs) => void | Promise<void>;
}

/** An instance of a callback class of tf.js, such as `tf.CustomCallback`, `tf.Callback` or `tf.callbacks.earlyStopping()`. */
export type CallbackInstance = Pick<Callback, 'setParams' | 'setModel'>;

/** Callbacks as tf.js takes them. */
export type Callbacks =
  CallbackInstance | TrainingCallback | readonly (CallbackInstance | TrainingCallback)[];

/** When to let timers, signals and the page run: as in tf.js. */
export type YieldEvery = 'auto' | 'batch' | 'epoch' | 'never' | number;

/** What `fit` and `fitDataset` have in common. */
export interface DpTrainingArgs {
  /** The expected size of a batch (Poisson), or the size of all but perhaps the last. Default: what the optimizer expects. */
  readonly batchSize?: number;
  /** Number of the epoch to stop before, counted from 0. Default: 1. */
  readonly epochs?: number;
  /** Number of the epoch to begin with. Default: 0. */
  readonly initialEpoch?: number;
  /** What callbacks are told as `params.verbose`; `fit` itself prints nothing. In Node, `progressBar()` shows a bar. Default: 1. */
  readonly verbose?: 0 | 1;
  readonly callbacks?: Callbacks;
  /** Default: `'auto'`, every 125 milliseconds. */
  readonly yieldEvery?: YieldEvery;
  /** The weight of each class in the loss, for every class; public. One map, or one an output. */
  readonly classWeight?: ClassWeight | readonly ClassWeight[] | Readonly<Record<string, ClassWeight>>;
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

/** Weight by class index. */
export type ClassWeight = Readonly<Record<number, number>>;

/** A release after each epoch, with a row in the ledger. */
export interface PrivateValidation {
  /** Standard deviation of the noise on the number of right predictions. In (0, 2^24]. */
  readonly countNoise: number;
}

/** Arguments of `fit`, as in tf.js but for what privacy decides. */
export interface DpFitArgs extends DpTrainingArgs {
  /**
   * Examples that are not trained on, evaluated after each epoch. What comes of it is covered by no epsilon.
   */
  readonly validationData?: readonly [x: tf.Tensor | tf.Tensor[], y: tf.Tensor | tf.Tensor[]];
  /**
   * In (0, 1): the last examples, so large a part of all, are not trained on but evaluated after each epoch. Needs
   * `privacy.validation`, and `privacy.numExamples` counts the others.
   */
  readonly validationSplit?: number;
  /** Log a noisy accuracy on the validation examples, `val_private_acc`, in place of what no epsilon covers. */
  readonly privateValidation?: PrivateValidation;
  /** One weight an example in the loss, [N], that depends on its own record alone. Sensitive. */
  readonly sampleWeight?: tf.Tensor;
  /** Batches are drawn as `privacy.sampling` says; a value that contradicts it is refused. */
  readonly shuffle?: boolean;
}

/** @throws DpError INVALID_OPTION if `shuffle` is not what the sampling does. */
export function checkShuffle(shuffle: boolean | undefined, sampling: SamplingChoice): void {
  if (shuffle === undefined || shuffle === (sampling !== 'fixed')) return;
  throw new DpError(
    'INVALID_OPTION',
    `shuffle must agree with privacy.sampling ('${kindOf(sampling)}'), got ${JSON.stringify(shuffle)}; leave it out, or change privacy.sampling`,
  );
}

const TRAINING_ARGS: Readonly<Record<keyof DpTrainingArgs, true>> = {
  batchSize: true,
  epochs: true,
  initialEpoch: true,
  verbose: true,
  callbacks: true,
  yieldEvery: true,
  classWeight: true,
  maxPhysicalBatch: true,
  signal: true,
  workers: true,
};

const FIT_ARGS: Readonly<Record<keyof DpFitArgs, true>> = {
  ...TRAINING_ARGS,
  validationData: true,
  validationSplit: true,
  privateValidation: true,
  sampleWeight: true,
  shuffle: true,
};

/** @throws DpError INVALID_OPTION for a name that is not one of `DpFitArgs`: nothing is ignored. */
export function checkFitArgs(args: DpFitArgs): void {
  checkNames('fit', args, FIT_ARGS);
  checkNumbers(args);
}

/** The same for `DpTrainingArgs`. */
export function checkTrainingArgs(args: DpTrainingArgs): void {
  checkNames('fitDataset', args, TRAINING_ARGS);
  checkNumbers(args);
}

function checkNames(of: string, args: object, known: Readonly<Record<string, true>>): void {
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    throw new DpError(
      'INVALID_OPTION',
      `${of} of a private model takes no argument '${name}'; it takes ${Object.keys(known).join(', ')}`,
    );
  }
}

function checkNumbers({batchSize, epochs, initialEpoch, verbose, maxPhysicalBatch}: DpTrainingArgs): void {
  integer('batchSize', batchSize, 1);
  integer('epochs', epochs, 1);
  integer('initialEpoch', initialEpoch, 0);
  integer('maxPhysicalBatch', maxPhysicalBatch, 1);
  if (verbose !== undefined && ![0, 1].includes(verbose))
    throw new DpError('INVALID_OPTION', `verbose must be 0 or 1, got ${verbose as number}`);
}

function integer(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new DpError('INVALID_OPTION', `${name} must be an integer >= ${least}, got ${value}`);
}
