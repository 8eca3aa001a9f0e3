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
  /** The same, and of a batch of more than `maxBatchSize` records that many were kept at random. */
  | {
      readonly kind: 'truncatedPoisson';
      readonly numExamples: number;
      readonly samplingProbability: number;
      readonly maxBatchSize: number;
    }
  /** Each of `numUsers` users joined independently with `samplingProbability`, with one of her records. */
  | {readonly kind: 'poissonUsers'; readonly numUsers: number; readonly samplingProbability: number}
  /** Each of at most `maxExamplesPerUser` records of a user joined independently with `samplingProbability`. */
  | {
      readonly kind: 'poissonCappedUsers';
      readonly numExamples: number;
      readonly samplingProbability: number;
      readonly maxExamplesPerUser: number;
    }
  /**
   * Batches of `batchSize` cut from a fresh permutation of `numExamples` records (`shuffle`), or from their order as it is
   * (`fixed`): each takes part once in each `epoch` of each `sampler`.
   */
  | {
      readonly kind: 'shuffle' | 'fixed';
      /** Unique among all samplers, also of other runs. */
      readonly sampler: string;
      readonly numExamples: number;
      readonly batchSize: number;
      readonly epoch: number;
    }
  /**
   * Batches of `batchSize` as a stream delivered them. On the caller's word each of `numExamples` records takes part once in each
   * `epoch`; they are counted, and not known one from another.
   */
  | {
      readonly kind: 'stream';
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

/** One way of sampling. */
export type SamplingOf<K extends Sampling['kind']> = Sampling & {readonly kind: K};

/** A batch that a sampler drew. `indices` is sensitive, and so is its length under Poisson sampling. */
export interface DrawnBatch {
  /** Unique among all batches of all samplers; releases that share it are accounted as one event (privacy rule 6). */
  readonly id: string;
  readonly indices: Int32Array;
  readonly sampling: Sampling;
  /** What drew it, if chance did: for the ledger. Without it a Poisson-sampled batch is not known to be drawn securely. */
  readonly random?: {readonly name: string; readonly secure: boolean};
}

/** Whether batches are of random size, so that one more record makes a larger one, and nobody may be drawn. */
const RANDOM_SIZE: {readonly [K in Sampling['kind']]: boolean} = {
  unknown: false,
  poisson: true,
  truncatedPoisson: true,
  poissonUsers: true,
  poissonCappedUsers: true,
  shuffle: false,
  fixed: false,
  stream: false,
  all: false,
};

/** Whether the guarantee rests on nobody knowing who was drawn. */
export function amplifies({kind}: Sampling): boolean {
  return RANDOM_SIZE[kind];
}

/** Whether nobody may be drawn. */
export function mayBeEmpty({kind}: Sampling): boolean {
  return RANDOM_SIZE[kind];
}

/** Refuses microbatches of several examples on Poisson batches: one more example would shift all groups (privacy rule 8). */
export function checkSamplingFits(sampling: Sampling, microbatchSize: number): void {
  if (RANDOM_SIZE[sampling.kind] && microbatchSize > 1) {
    throw new DpError(
      'UNSUPPORTED',
      `microbatches of ${microbatchSize} examples need batches of fixed size: under Poisson sampling one more example would ` +
        'shift all groups. Use microbatches of 1 (numMicrobatches = expectedBatchSize), or shuffled batches',
    );
  }
}
