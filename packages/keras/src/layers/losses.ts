import * as tf from '@tensorflow/tfjs-core';
import {DpError} from '@dp/optimizers';

import type {Compiled, LossOrMetric} from './compiled.js';

/**
 * The loss of each example, [B]: of all outputs together, each averaged over what is not the example's axis, so that their
 * mean is what a plain `fit` minimises.
 *
 * @param weights - One an output, or undefined; each depends on its own record alone.
 * @throws DpError LOSS_FORM for a loss that returned something else than a value an example.
 */
export function perExampleLosses(
  {losses}: Compiled,
  labels: readonly tf.Tensor[],
  predictions: readonly tf.Tensor[],
  weights: readonly (tf.Tensor | undefined)[],
): tf.Tensor {
  return losses
    .map((loss, output) => {
      const [label, prediction] = [labels[output] as tf.Tensor, predictions[output] as tf.Tensor];
      const values = vectorOf(loss, label, prediction);
      const weight = weights[output];
      return weight === undefined ? values : tf.mul(values, weight);
    })
    .reduce((sum, values) => tf.add(sum, values));
}

function vectorOf(loss: LossOrMetric, label: tf.Tensor, prediction: tf.Tensor): tf.Tensor {
  const values = loss(label, prediction);
  const batchSize = prediction.shape[0];
  if (values.rank === 0 || values.shape[0] !== batchSize) {
    throw new DpError(
      'LOSS_FORM',
      `a loss must return one value an example, [B] or [B, ...] with B = the batch's size, got shape [${values.shape.join(', ')}]. ` +
        'Leave out the mean over the examples',
    );
  }
  if (values.rank === 1) return values;
  return tf.mean(
    values,
    values.shape.slice(1).map((_, axis) => axis + 1),
  );
}
