import {DpError} from '@dp/optimizers';

import {drawnBatches, type BatchSource} from '../data/batch_source.js';
import type {RandomAccessDataset} from '../data/dataset.js';
import {isStream, type BatchStream} from '../data/stream.js';
import {StreamedBatches} from '../data/streamed_batches.js';
import type {Compiled} from '../layers/compiled.js';
import type {TrainingPlan} from '../plan/plan.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import {checkSource, isStreamSampler} from '../plan/sampling.js';

/** Opens the batches of a plan. */
export type OpenBatches = (plan: TrainingPlan) => BatchSource;

/**
 * The batches of what `fitDataset` was given.
 *
 * @throws DpError INVALID_OPTION unless it is what `privacy` declares, UNSUPPORTED for what is neither.
 */
export function batchesOf(
  dataset: RandomAccessDataset | BatchStream,
  privacy: PrivacyConfig,
  compiled: Compiled,
): OpenBatches {
  const {sampling = 'poisson', numExamples} = privacy;
  if (!isStream(dataset)) return batchesByIndex(dataset, privacy);
  checkSource('stream', sampling);
  return ({sampler, batchSize}) => {
    if (!isStreamSampler(sampler)) throw new Error('the plan was made for records by index');
    return new StreamedBatches(dataset, {
      sampler,
      numExamples,
      batchSize,
      standardize: (x, y) => compiled.standardize(x, y),
    });
  };
}

/** The batches of records by index. */
export function batchesByIndex(
  records: RandomAccessDataset,
  {sampling = 'poisson', numExamples}: PrivacyConfig,
): OpenBatches {
  if (typeof (records as Partial<RandomAccessDataset> | null)?.get !== 'function') {
    throw new DpError(
      'UNSUPPORTED',
      'fitDataset takes records by index, {numExamples, get(indices)}, or a stream of batches {xs, ys}: anything with iterator() or [Symbol.asyncIterator]()',
    );
  }
  checkSource('indexed', sampling);
  if (records.numExamples !== numExamples) {
    throw new DpError(
      'INVALID_OPTION',
      `privacy.numExamples must be the number of training records, which is ${records.numExamples}, got ${numExamples}`,
    );
  }
  return ({sampler}) => drawnBatches(records, sampler);
}
