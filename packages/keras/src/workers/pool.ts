import type * as tf from '@tensorflow/tfjs-core';
import type {ClippingOptions, PieceSum} from '@dp/optimizers';

import type {MetricSums} from '../step/mean_metrics.js';
import {Member} from './member.js';
import type {ModelRecipe, SentPiece} from './protocol.js';
import {ifShared, sharedMemory, views} from './memory.js';
import {startThread, type WebWorker} from './thread.js';

/** How threads are started. */
export interface WorkerPoolOptions {
  readonly recipe: ModelRecipe;
  /** What the optimizer updates, in its order. */
  readonly variables: readonly tf.Variable[];
  /** Threads beside the one that calls, at least 1. */
  readonly count: number;
  readonly backend: string;
  /** URLs or package names that every thread imports first: they register custom layers and losses. */
  readonly modules?: readonly string[];
  /** The module that each thread runs, or what starts it. Default: this package's own. */
  readonly from?: URL | (() => WebWorker);
}

/** What a thread made of its share. Sensitive. */
export interface ShareSum {
  readonly sum: PieceSum;
  readonly metrics: MetricSums;
  /** How long that took it. */
  readonly milliseconds: number;
}

/**
 * Threads that sum shares of a batch while the caller sums its own: parameters go out and clipped sums come back through
 * shared memory, or as messages in a page that has none. They release nothing, draw no noise and write no ledger row; that
 * stays with the caller.
 */
export class WorkerPool {
  private constructor(
    private readonly members: readonly Member[],
    private readonly variables: readonly tf.Variable[],
    private readonly weights: ArrayBufferLike,
  ) {}

  /**
   * Starts all threads and waits until each has rebuilt the model.
   *
   * @throws DpError WORKER_FAILED if one can't, or if its model has other weights.
   */
  static async start({
    recipe,
    variables,
    count,
    backend,
    modules = [],
    from,
  }: WorkerPoolOptions): Promise<WorkerPool> {
    const numWeights = variables.reduce((total, {size}) => total + size, 0);
    const weights = sharedMemory(numWeights * Float32Array.BYTES_PER_ELEMENT);
    const members = Array.from({length: count}, (_, i) => {
      const sums = sharedMemory(numWeights * Float64Array.BYTES_PER_ELEMENT);
      return new Member(`worker ${i + 1} of ${count}`, startThread(from), sums);
    });
    const pool = new WorkerPool(members, variables, weights);
    try {
      const options = {recipe, backend, modules, weights: ifShared(weights)};
      const wanted = variables.map(({size}) => size).join();
      await Promise.all(members.map((member) => member.start(options, wanted)));
      return pool;
    } catch (error) {
      pool.dispose();
      throw error;
    }
  }

  /**
   * Sends a share of the batch to each thread; sum the caller's own share before awaiting the result.
   *
   * @param shares - One a thread; one without pieces is not sent. Sensitive; the values are given away.
   * @param clipping - The optimizer's `clippingOptions` for this step.
   * @returns One a thread, undefined where nothing was sent; the sums are valid until the next call. Sensitive.
   * @throws DpError WORKER_FAILED, naming the thread, if one throws or ends; nothing was released then, and the pool is of no
   *   more use.
   */
  sum(
    shares: readonly (readonly SentPiece[])[],
    clipping: ClippingOptions,
  ): Promise<(ShareSum | undefined)[]> {
    views(Float32Array, this.weights, this.variables).forEach((values, v) => {
      values.set(this.variables[v]?.dataSync<'float32'>() ?? []);
    });
    const weights = this.weights instanceof ArrayBuffer ? this.weights : undefined;
    return Promise.all(
      shares.map(async (pieces, i) => {
        if (pieces.length === 0) return undefined;
        const member = this.members[i] as Member;
        const answer = await member.sum({clipping, pieces, weights});
        const {batchSize, grid, lossSum, belowClip, metrics, milliseconds} = answer;
        const units = views(Float64Array, answer.sums, this.variables);
        const {l2NormClip} = clipping;
        const sum = {units, l2NormClip, grid, batchSize, lossSum, belowClip};
        return {sum, metrics, milliseconds};
      }),
    );
  }

  /** Ends all threads. */
  dispose(): void {
    for (const member of this.members) member.end();
  }
}
