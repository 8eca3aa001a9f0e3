import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {BatchPiece, DrawnBatch, PrivateOptimizer} from '@dp/optimizers';

import {trainableVariables, type Compiled} from './compiled.js';
import {listOf, type Examples, type RandomAccessDataset} from './dataset.js';
import {perExampleLosses} from './losses.js';

/** What a step needs beside the batch. */
export interface TrainStepOptions {
  readonly model: LayersModel;
  readonly compiled: Compiled;
  readonly optimizer: PrivateOptimizer;
  /** Sensitive. */
  readonly dataset: Pick<RandomAccessDataset, 'get'>;
  /** The weights of each example, one an output; undefined for an output whose examples weigh 1. */
  readonly weightsOf?: (batch: Examples) => readonly (tf.Tensor | undefined)[];
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

/** One private update of a model on a drawn batch. Synchronous. */
export function trainStep(
  {model, compiled, optimizer, dataset, weightsOf, maxPhysicalBatch, signal}: TrainStepOptions,
  drawn: DrawnBatch,
): StepStatistics {
  const {indices} = drawn;
  const means = new MeanMetrics(compiled);

  function* pieces(): Generator<BatchPiece> {
    for (let start = 0; start < indices.length; start += maxPhysicalBatch) {
      const batch = dataset.get(indices.slice(start, start + maxPhysicalBatch));
      const [x, y] = [listOf(batch.x), listOf(batch.y)];
      const weights = weightsOf?.(batch) ?? [];
      let predictions: tf.Tensor[] = [];
      const lossFn = (): tf.Tensor => {
        const outputs = outputsOf(model, x);
        // Metrics are no part of what is proved and differentiated.
        predictions = outputs.map((output) => tf.keep(tf.clone(output)));
        return perExampleLosses(compiled, y, outputs, weights);
      };
      try {
        yield {lossFn, batch: [...x, ...y, ...weights.filter((weight) => weight !== undefined)]};
        means.add(y, predictions);
      } finally {
        tf.dispose([...x, ...y, ...predictions, ...weights] as tf.Tensor[]);
        batch.sampleWeight?.dispose();
      }
    }
  }

  const loss = optimizer.minimizePieces(drawn, pieces(), {
    varList: trainableVariables(model),
    penalty: compiled.regularized ? () => tf.addN(compiled.regularizers()) : undefined,
    signal,
  });
  const [value = NaN] = loss.dataSync();
  loss.dispose();
  const size = indices.length;
  return {size, values: size === 0 ? {} : {loss: value, ...means.values()}};
}

/** The model's outputs in training. */
export function outputsOf(model: LayersModel, x: readonly tf.Tensor[]): tf.Tensor[] {
  const [only, ...more] = x;
  const output = model.apply(more.length === 0 && only !== undefined ? only : [...x], {training: true});
  return [output as tf.Tensor | tf.Tensor[]].flat();
}

/** Means of metrics over the pieces of one batch. */
class MeanMetrics {
  private readonly sums: number[];
  private seen = 0;

  constructor(private readonly compiled: Compiled) {
    this.sums = compiled.metrics.map(() => 0);
  }

  add(labels: readonly tf.Tensor[], predictions: readonly tf.Tensor[]): void {
    const size = labels[0]?.shape[0] ?? 0;
    this.seen += size;
    tf.tidy(() => {
      this.compiled.metrics.forEach(([metric, output], m) => {
        const value = tf.mean(metric(labels[output] as tf.Tensor, predictions[output] as tf.Tensor));
        this.sums[m] = (this.sums[m] ?? 0) + (value.dataSync()[0] ?? NaN) * size;
      });
    });
  }

  values(): Record<string, number> {
    const names = this.compiled.names.slice(1);
    return Object.fromEntries(names.map((name, m) => [name, (this.sums[m] ?? NaN) / this.seen]));
  }
}
