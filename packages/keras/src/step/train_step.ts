import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {BatchPiece, DrawnBatch, PieceSum, PrivateOptimizer} from '@dp/optimizers';

import type {RandomAccessDataset} from '../data/dataset.js';
import {trainableVariables, type Compiled} from '../layers/compiled.js';
import {MeanMetrics} from './mean_metrics.js';
import {pieceTensors, TrainPiece, type PieceTensors, type WeightsOf} from './train_piece.js';

/** What a step needs beside the batch. */
export interface TrainStepOptions {
  readonly model: LayersModel;
  readonly compiled: Compiled;
  readonly optimizer: PrivateOptimizer;
  /** Sensitive. */
  readonly dataset: Pick<RandomAccessDataset, 'get'>;
  readonly weightsOf?: WeightsOf;
  /** Process at most so many examples at once. It affects memory, not privacy. */
  readonly maxPhysicalBatch: number;
  readonly signal?: AbortSignal | undefined;
}

/** What is known after a step. It belongs to this machine: no epsilon covers it. */
export interface StepStatistics {
  /** Number of examples. */
  readonly size: number;
  /** Mean loss with regularizers, then the metrics, by name; empty for an empty batch. */
  readonly values: Readonly<Record<string, number>>;
}

/**
 * One private update of a model on a drawn batch. Where the ledger's rows can be written ahead, they become durable while the
 * gradient is computed, and noise is added when both are done.
 */
export function trainStep(
  options: TrainStepOptions,
  drawn: DrawnBatch,
): StepStatistics | Promise<StepStatistics> {
  const {model, compiled, optimizer, maxPhysicalBatch} = options;
  const means = new MeanMetrics(compiled);
  const durable = optimizer.announce(drawn, trainableVariables(model));
  // Of a batch in many pieces no more than one is held at a time; what it waits for is long done at their end.
  if (durable === undefined || drawn.indices.length > maxPhysicalBatch)
    return update(options, drawn, pieces(options, drawn, means), means);
  const sums = Array.from(fetched(options, drawn.indices), (tensors) => sumPiece(options, tensors, means));
  return durable.then(() => update(options, drawn, sums, means));
}

function* pieces(options: TrainStepOptions, drawn: DrawnBatch, means: MeanMetrics): Generator<BatchPiece> {
  for (const tensors of fetched(options, drawn.indices)) {
    const piece = new TrainPiece(options.model, options.compiled, tensors);
    try {
      yield piece;
      piece.addMetrics(means);
    } finally {
      piece.dispose();
    }
  }
}

/** Sums a piece of a batch for the update. It releases nothing. Sensitive in what it gets and returns. */
export function sumPiece(
  {model, compiled, optimizer}: TrainStepOptions,
  tensors: PieceTensors,
  means: MeanMetrics,
): PieceSum {
  const piece = new TrainPiece(model, compiled, tensors);
  try {
    const sum = optimizer.sumPiece(piece, trainableVariables(model));
    piece.addMetrics(means);
    return sum;
  } finally {
    piece.dispose();
  }
}

/** Fetches records, at most `maxPhysicalBatch` at a time. Sensitive; whoever reads them disposes them. */
export function* fetched(
  {dataset, weightsOf, maxPhysicalBatch}: TrainStepOptions,
  indices: Int32Array,
): Generator<PieceTensors> {
  for (let start = 0; start < indices.length; start += maxPhysicalBatch)
    yield pieceTensors(dataset.get(indices.slice(start, start + maxPhysicalBatch)), weightsOf);
}

/** The update, from the pieces of the batch or their sums. */
export function update(
  {model, compiled, optimizer, signal}: TrainStepOptions,
  drawn: DrawnBatch,
  pieces: Iterable<BatchPiece | PieceSum>,
  means: MeanMetrics,
): StepStatistics {
  const loss = optimizer.minimizePieces(drawn, pieces, {
    varList: trainableVariables(model),
    penalty: compiled.regularized ? () => tf.addN(compiled.regularizers()) : undefined,
    signal,
  });
  const [value = NaN] = loss.dataSync();
  loss.dispose();
  const size = drawn.indices.length;
  return {size, values: size === 0 ? {} : {loss: value, ...means.values()}};
}
