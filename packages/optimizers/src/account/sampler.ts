import {secureSource, type RandomSource} from '@dp/random';

import {positiveInteger} from '../checks.js';
import {DpError} from '../errors.js';
import type {DrawnBatch} from './sampling.js';

/** What is known of a batch before it is drawn. Public. */
export type AnnouncedBatch = Pick<DrawnBatch, 'id' | 'sampling' | 'random'>;

/**
 * Batches that will be drawn alike, one after the other, each of which is new. One that a run which was killed may have drawn
 * before is announced by itself. Public.
 */
export interface AnnouncedRun extends AnnouncedBatch {
  /** Number of batches; `id` is the first's. */
  readonly count: number;
}

/** Draws batches and says how. */
export interface Sampler {
  /** The public number of steps that make an epoch. */
  readonly stepsPerEpoch: number;
  next(): DrawnBatch;
  /** The batch that comes after `ahead` others, without drawing it: what a budget is reckoned with. Public. */
  announce(ahead: number): AnnouncedBatch;
  /** The next `steps` batches, as `announce` tells them one by one: for plans, which may be long. Public. */
  announceRuns(steps: number): readonly AnnouncedRun[];
  /** The rest of an epoch that is fixed already, for a checkpoint; undefined where nothing is. */
  rest(): RestOfEpoch | undefined;
}

/** What is left of an epoch whose order is fixed: a run that goes on takes it, or else begins an epoch that is counted. */
export interface RestOfEpoch {
  /** The sampler that fixed the order. */
  readonly sampler: string;
  readonly epoch: number;
  /** Number of the next batch in the epoch. */
  readonly batch: number;
  /** The whole epoch's. */
  readonly order: readonly number[];
}

export interface SamplerOptions {
  /** N, the number of records: a public constant. */
  readonly numExamples: number;
  /** The expected batch size (Poisson), or the size of every batch but perhaps the last of an epoch. */
  readonly batchSize: number;
  /** Default: the operating system's secure source. */
  readonly source?: RandomSource;
}

/** @throws DpError INVALID_OPTION. */
export function checkSamplerOptions({
  numExamples,
  batchSize,
  source = secureSource(),
}: SamplerOptions): Required<SamplerOptions> {
  positiveInteger('numExamples', numExamples);
  positiveInteger('batchSize', batchSize);
  if (batchSize > numExamples) {
    throw new DpError(
      'INVALID_OPTION',
      `batchSize must be at most numExamples (${numExamples}), got ${batchSize}`,
    );
  }
  return {numExamples, batchSize, source};
}

/** The next `steps` batches as runs of one epoch each, where all are new. */
export function runsByEpoch(
  steps: number,
  {
    batch,
    stepsPerEpoch,
    announce,
  }: {readonly batch: number; readonly stepsPerEpoch: number} & Pick<Sampler, 'announce'>,
): AnnouncedRun[] {
  const runs: AnnouncedRun[] = [];
  for (let ahead = 0; ahead < steps; ahead += runs.at(-1)?.count ?? NaN) {
    const left = stepsPerEpoch - ((batch + ahead) % stepsPerEpoch);
    runs.push({...announce(ahead), count: Math.min(steps - ahead, left)});
  }
  return runs;
}
