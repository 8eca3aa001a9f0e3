import type {ClippingOptions} from '@dp/optimizers';

import type {MetricSums} from '../step/mean_metrics.js';

/** How a thread rebuilds the model: a closure can't be sent to one. */
export interface ModelRecipe {
  /** The topology, as `model.toJSON` makes it; not the weights. */
  readonly topology: string;
  /** What the model is compiled with: names, as `compile` takes them; or a module's export. */
  readonly loss: {readonly names: Names} | {readonly from: ModuleExport};
  readonly metrics: Names | undefined;
}

/** One name; or one an output, in a list or by the output's name; or several an output. */
export type Names = string | readonly Names[] | {readonly [output: string]: Names};

/** Something that a thread can import. */
export interface ModuleExport {
  /** A URL or the name of a package. */
  readonly module: string;
  /** What it exports it as. */
  readonly name: string;
}

/** What a thread is started with. */
export interface WorkerStart {
  readonly kind: 'start';
  readonly recipe: ModelRecipe;
  readonly backend: string;
  /** URLs or package names, imported before the model is built: they register custom layers. */
  readonly modules: readonly string[];
  /** The weights of the step, one after the other, where memory is shared; the leader writes them before it sends a batch. Private. */
  readonly weights: SharedArrayBuffer | undefined;
  /** Where the thread puts its sums, as float64, in the order of the weights, where memory is shared. Sensitive. */
  readonly sums: SharedArrayBuffer | undefined;
}

/** A tensor on its way to a thread. Sensitive. */
export interface SentTensor {
  readonly values: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
}

/** A piece of a batch. Sensitive. */
export interface SentPiece {
  readonly x: readonly SentTensor[];
  readonly y: readonly SentTensor[];
  readonly weights: readonly (SentTensor | undefined)[];
}

/** Asks for the sum of the clipped gradients of a share of the batch. */
export interface SumRequest {
  readonly kind: 'sum';
  readonly clipping: ClippingOptions;
  readonly pieces: readonly SentPiece[];
  /** The weights of the step, where memory is not shared. Private. */
  readonly weights: ArrayBuffer | undefined;
}

/** What the leader sends. */
export type ToWorker = WorkerStart | SumRequest;

/** What a thread knows of a share beside its sums. Sensitive. */
export interface ShareStatistics {
  readonly batchSize: number;
  /** What a unit of the sums stands for. */
  readonly grid: number | undefined;
  readonly lossSum: number;
  readonly belowClip: number;
  readonly metrics: MetricSums;
  /** How long the share took. */
  readonly milliseconds: number;
  /** The sums, where memory is not shared. */
  readonly sums: ArrayBuffer | undefined;
}

/** What a thread answers: it is ready; its sums are in the shared memory, with what is no array; or what it threw. */
export type FromWorker =
  | {readonly kind: 'ready'; readonly sizes: readonly number[]}
  | ({readonly kind: 'summed'} & ShareStatistics)
  | {readonly kind: 'failed'; readonly message: string};
