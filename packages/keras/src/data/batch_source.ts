import {DpError, type DrawnBatch, type Sampler} from '@dp/optimizers';

import type {Examples, RandomAccessDataset} from './dataset.js';
import {isGiven} from './given.js';

/** Where the batches of a run come from. */
export interface BatchSource {
  /** The records of the last batch, by its indices. Sensitive. */
  readonly records: Pick<RandomAccessDataset, 'get'>;
  /** The next batch. */
  next(): DrawnBatch | Promise<DrawnBatch>;
  /** No more batches are asked for. */
  close(): Promise<void>;
}

/** Batches drawn from records that are fetched by index. */
export function drawnBatches(records: RandomAccessDataset, sampler: Sampler): BatchSource {
  const get = (indices: Int32Array): Examples => {
    const batch = records.get(indices);
    if (isGiven(batch.x) && isGiven(batch.y)) return batch;
    throw new DpError(
      'INVALID_OPTION',
      'get(indices) must return {x, y} of tensors: each one tensor, or one an input or output',
    );
  };
  return {records: {get}, next: () => sampler.next(), close: () => Promise.resolve()};
}
