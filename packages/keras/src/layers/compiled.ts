import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DpError} from '@dp/optimizers';

/** Takes the labels and the predictions of a batch. A loss returns one value an example; a metric also their mean. */
export type LossOrMetric = (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

/** What `compile` has prepared in a `tf.LayersModel`. Every touch of its internals is in this file. */
export interface Compiled {
  /** One an output. */
  readonly losses: readonly LossOrMetric[];
  /** In the order of `names` after `'loss'`, each with the output that it is about. */
  readonly metrics: readonly (readonly [LossOrMetric, number])[];
  /** `'loss'`, then the metrics'. */
  readonly names: readonly string[];
  /** Whether any layer has a regularizer. */
  readonly regularized: boolean;
  /** Penalties that depend on weights alone, as scalars. The caller disposes them. */
  regularizers(): tf.Scalar[];
  /** Checks tensors against the model's inputs and outputs, as `tf.LayersModel.fit` does; a rank of 1 becomes 2. */
  standardize(x: unknown, y: unknown): [x: tf.Tensor[], y: tf.Tensor[]];
}

interface Internals {
  readonly lossFunctions?: readonly LossOrMetric[];
  readonly metricsTensors: readonly (readonly [LossOrMetric, number])[];
  readonly getDedupedMetricsNames: () => string[];
  readonly calculateLosses: () => tf.Scalar[];
  readonly standardizeUserDataXY: (
    x: unknown,
    y: unknown,
    checkBatchAxis: boolean,
  ) => [tf.Tensor[], tf.Tensor[]];
}

/** @throws DpError UNSUPPORTED for a model that is not compiled. */
export function compiledOf(model: LayersModel): Compiled {
  // A Sequential keeps what it was compiled with in the model that it wraps.
  const inner = ((model as {model?: LayersModel}).model ?? model) as unknown as Internals;
  const losses = inner.lossFunctions ?? [];
  if (losses.length === 0)
    throw new DpError('UNSUPPORTED', 'the model must be compiled with a loss before it is fitted');
  const regularized = tf.tidy(() => inner.calculateLosses().length > 0);
  return {
    losses,
    regularized,
    metrics: inner.metricsTensors,
    names: inner.getDedupedMetricsNames(),
    regularizers: () => inner.calculateLosses(),
    standardize: (x, y) => inner.standardizeUserDataXY(x, y, true),
  };
}

/** The variables that training changes. */
export function trainableVariables(model: LayersModel): tf.Variable[] {
  return model.trainableWeights
    .map((weight) => weight.read())
    .filter((tensor): tensor is tf.Variable => tensor instanceof tf.Variable);
}
