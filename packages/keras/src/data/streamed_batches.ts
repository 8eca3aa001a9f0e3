import * as tf from '@tensorflow/tfjs-core';
import {DpError, type DrawnBatch, type StreamSampler} from '@dp/optimizers';

import type {Compiled} from '../layers/compiled.js';
import type {BatchSource} from './batch_source.js';
import {tensorDataset, type Examples, type RandomAccessDataset} from './dataset.js';
import {isGiven, listOfGiven} from './given.js';
import {openEpoch, type BatchStream, type EpochIterator, type StreamBatch} from './stream.js';

/** What a stream is held against. The numbers are public constants. */
export interface StreamExpectation {
  readonly sampler: StreamSampler;
  readonly numExamples: number;
  readonly batchSize: number;
  /** Of the model. */
  readonly standardize: Compiled['standardize'];
}

/**
 * Batches as a stream delivers them, held against what is declared: an epoch is `numExamples` records, in batches of `batchSize`
 * but for the last, and none of them twice. A batch that does not fit is an error before it takes part in anything.
 */
export class StreamedBatches implements BatchSource {
  private epoch: EpochIterator | undefined;
  private batchesRead = 0;
  private readonly ids = new Set<string | number>();
  private current: Examples | undefined;

  /** @throws DpError INVALID_OPTION for a stream that knows its number of batches, if it is not the declared one. */
  constructor(
    private readonly stream: BatchStream,
    private readonly expected: StreamExpectation,
  ) {
    const {sampler} = expected;
    const {size} = stream as {readonly size?: unknown};
    if (typeof size === 'number' && size !== sampler.stepsPerEpoch) {
      throw new DpError(
        'INVALID_OPTION',
        `the stream has ${size} batches by its own account: an epoch is declared as ${this.declaration}`,
      );
    }
    // What was left of an epoch is not delivered again: the stream begins anew.
    sampler.beginEpoch();
  }

  readonly records: Pick<RandomAccessDataset, 'get'> = {
    get: (indices) => {
      if (this.current === undefined) throw new Error('no batch has been read');
      return tensorDataset(this.current).get(indices);
    },
  };

  async next(): Promise<DrawnBatch> {
    this.forgetBatch();
    this.epoch ??= await openEpoch(this.stream);
    const {sampler} = this.expected;
    const drawn = sampler.next();
    this.current = this.checked(await this.epoch.next(), drawn.indices.length);
    this.batchesRead++;
    if (this.batchesRead === sampler.stepsPerEpoch) await this.endEpoch(this.epoch);
    return drawn;
  }

  async close(): Promise<void> {
    this.forgetBatch();
    await this.epoch?.close();
    this.epoch = undefined;
  }

  private async endEpoch(epoch: EpochIterator): Promise<void> {
    const surplus = await epoch.next();
    disposeTensors(surplus);
    if (surplus !== undefined) throw this.mismatch('delivers more');
    this.epoch = undefined;
    this.batchesRead = 0;
    this.ids.clear();
  }

  private checked(value: unknown, size: number): Examples {
    if (value === undefined) throw this.mismatch(`ended after ${this.batchesRead} batches`);
    const {x, y} = this.standardized(value);
    const found = x[0]?.shape[0] ?? 0;
    try {
      if (found !== size)
        throw this.mismatch(`delivered ${found} records as batch ${this.batchesRead}, where ${size} are due`);
      this.checkIds((value as StreamBatch).ids, size);
      return {x, y};
    } catch (error) {
      tf.dispose([x, y]);
      throw error;
    }
  }

  private standardized(value: unknown): {readonly x: tf.Tensor[]; readonly y: tf.Tensor[]} {
    if (!isBatch(value)) {
      disposeTensors(value);
      throw new DpError(
        'INVALID_OPTION',
        'a stream must deliver batches {xs, ys} of tensors: each one tensor, one an input or output, or by name',
      );
    }
    const given = new Set([...listOfGiven(value.xs), ...listOfGiven(value.ys)]);
    try {
      const [x, y] = this.expected.standardize(value.xs, value.ys);
      for (const tensor of [...x, ...y]) given.delete(tensor);
      return {x, y};
    } finally {
      tf.dispose([...given]);
    }
  }

  /** Repeated records are the one thing that counting does not show. */
  private checkIds(ids: StreamBatch['ids'], size: number): void {
    if (ids === undefined) return;
    if (ids.length !== size)
      throw this.mismatch(`delivered ${ids.length} ids with a batch of ${size} records`);
    for (const id of ids) {
      if (this.ids.has(id)) throw this.mismatch('delivered a record twice');
      this.ids.add(id);
    }
  }

  private forgetBatch(): void {
    if (this.current !== undefined) disposeTensors(this.current);
    this.current = undefined;
  }

  private mismatch(what: string): DpError {
    return new DpError('NOT_AS_DRAWN', `the stream ${what}: an epoch is declared as ${this.declaration}`);
  }

  private get declaration(): string {
    const {numExamples, batchSize} = this.expected;
    return (
      `${numExamples} records (privacy.numExamples) in batches of ${batchSize} (batchSize). An iterator must deliver every record ` +
      'exactly once: leave out .repeat(), batch by .batch(batchSize), begin anew for each epoch, or declare what the stream has'
    );
  }
}

function isBatch(value: unknown): value is StreamBatch {
  if (typeof value !== 'object' || value === null) return false;
  const {xs, ys} = value as Partial<Record<'xs' | 'ys', unknown>>;
  return isGiven(xs) && isGiven(ys);
}

function disposeTensors(value: unknown): void {
  tf.dispose(value as tf.TensorContainer);
}
