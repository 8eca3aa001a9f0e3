import * as tf from '@tensorflow/tfjs-core';

/** Tensors as `fit` takes them: one, one an input or output, or by name. */
export type Given = tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;

/** All of them. */
export function listOfGiven(given: Given): tf.Tensor[] {
  return given instanceof tf.Tensor ? [given] : Object.values(given);
}
