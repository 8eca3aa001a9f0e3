import type {DrawnBatch, Sampler} from '@dp/optimizers';

import type {RandomAccessDataset} from './dataset.js';

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
  return {records, next: () => sampler.next(), close: () => Promise.resolve()};
}
