import type {Callback} from '@tensorflow/tfjs-layers';

/** What callbacks are told. But for `epsilon` it comes straight from the examples, and no epsilon covers it (privacy rule 19). */
export interface TrainingLogs {
  /** What has been spent so far. After a batch it is computed when it is read. */
  readonly epsilon: number;
  /** After a batch: its number in the epoch. */
  readonly batch: number;
  /** After a batch: its size. Local, not private. */
  readonly size: number;
  /**
   * Means over the batch or the epoch: `loss`, the metrics, and after an epoch the same of the validation as `val_`. Local, not
   * private; but `val_private_acc` is a release.
   */
  readonly [name: string]: number;
}

/** What callbacks of every kind may have beside what tf.js knows. */
export interface DisposableCallback {
  /** Frees what the callback holds: called when `fit` has ended, also by an error. */
  readonly dispose?: () => void;
}

/** A callback as a plain object. */
export interface TrainingCallback extends DisposableCallback {
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
export type CallbackInstance = Pick<Callback, 'setParams' | 'setModel'> & DisposableCallback;

/** Callbacks as tf.js takes them. */
export type Callbacks =
  CallbackInstance | TrainingCallback | readonly (CallbackInstance | TrainingCallback)[];

/** When to let timers, signals and the page run: as in tf.js. */
export type YieldEvery = 'auto' | 'batch' | 'epoch' | 'never' | number;
