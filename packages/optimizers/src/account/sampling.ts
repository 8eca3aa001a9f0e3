import {DpError} from '../errors.js';

/**
 * How the examples of a batch were chosen: what a ledger row says of it. All fields are public; who was drawn, and for
 * Poisson sampling the batch's size, are not.
 */
export type Sampling =
  /** The optimizer saw a batch and cannot know (a plain `model.fit`). */
  | {readonly kind: 'unknown'}
  /** Each of `numExamples` records joined independently with `samplingProbability`. */
  | {readonly kind: 'poisson'; readonly numExamples: number; readonly samplingProbability: number}
  /**
   * Batches of `batchSize` cut from a fresh permutation of `numExamples` records: each takes part once in each `epoch` of
   * each `sampler`.
   */
  | {
      readonly kind: 'shuffle';
      /** Unique among all samplers, also of other runs. */
      readonly sampler: string;
      readonly numExamples: number;
      readonly batchSize: number;
      readonly epoch: number;
    }
  /** Every record of a named data set. `disjoint`: on the caller's word, it shares no record with the training data. */
  | {
      readonly kind: 'all';
      readonly dataset: string;
      readonly numExamples: number;
      readonly disjoint: boolean;
    };

/** A batch that a sampler drew. `indices` is sensitive, and so is its length under Poisson sampling. */
export interface DrawnBatch {
  /** Unique among all batches of all samplers; releases that share it are accounted as one event (privacy rule 6). */
  readonly id: string;
  readonly indices: Int32Array;
  readonly sampling: Sampling;
}

/** Refuses microbatches of several examples on Poisson batches: one more example would shift all groups (privacy rule 8). */
export function checkSamplingFits(sampling: Sampling, microbatchSize: number): void {
  if (sampling.kind === 'poisson' && microbatchSize > 1) {
    throw new DpError(
      'UNSUPPORTED',
      `microbatches of ${microbatchSize} examples need batches of fixed size: under Poisson sampling one more example would ` +
        'shift all groups. Use microbatches of 1 (numMicrobatches = expectedBatchSize), or shuffled batches',
    );
  }
}
