import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {BatchPiece} from '@dp/optimizers';

import {listOf, type Examples} from '../data/dataset.js';
import type {Compiled} from '../layers/compiled.js';
import {perExampleLosses} from '../layers/losses.js';
import type {MeanMetrics} from './mean_metrics.js';

/** The tensors of a piece of a batch. Sensitive. */
export interface PieceTensors {
  /** One an input. */
  readonly x: readonly tf.Tensor[];
  /** One an output. */
  readonly y: readonly tf.Tensor[];
  /** The weight of each example, one an output; undefined for an output whose examples weigh 1. */
  readonly weights: readonly (tf.Tensor | undefined)[];
}

/** The weights of each example, one an output. */
export type WeightsOf = (batch: Examples) => PieceTensors['weights'];

/** The tensors of a fetched batch; it is used up. */
export function pieceTensors(batch: Examples, weightsOf: WeightsOf | undefined): PieceTensors {
  const weights = weightsOf?.(batch) ?? [];
  batch.sampleWeight?.dispose();
  return {x: listOf(batch.x), y: listOf(batch.y), weights};
}

/** A piece of a batch on its way through a step: its losses, and what they leave behind. Sensitive. Dispose it. */
export class TrainPiece implements BatchPiece {
  readonly batch: readonly tf.Tensor[];
  private predictions: readonly tf.Tensor[] = [];

  /** @param tensors - It owns them from now on. */
  constructor(
    private readonly model: LayersModel,
    private readonly compiled: Compiled,
    private readonly tensors: PieceTensors,
  ) {
    const {x, y, weights} = tensors;
    this.batch = [...x, ...y, ...weights.filter((weight) => weight !== undefined)];
  }

  /** The per-example losses [B]. */
  readonly lossFn = (): tf.Tensor => {
    const {x, y, weights} = this.tensors;
    const outputs = outputsOf(this.model, x);
    // Metrics are no part of what is proved and differentiated.
    this.predictions = outputs.map((output) => tf.keep(tf.clone(output)));
    return perExampleLosses(this.compiled, y, outputs, weights);
  };

  /** Adds the metrics of the predictions that the losses were computed from. */
  addMetrics(means: MeanMetrics): void {
    means.add(this.tensors.y, this.predictions);
  }

  dispose(): void {
    tf.dispose([...this.batch, ...this.predictions]);
  }
}

/** The model's outputs in training. */
export function outputsOf(model: LayersModel, x: readonly tf.Tensor[]): tf.Tensor[] {
  const [only, ...more] = x;
  const output = model.apply(more.length === 0 && only !== undefined ? only : [...x], {training: true});
  return [output as tf.Tensor | tf.Tensor[]].flat();
}
