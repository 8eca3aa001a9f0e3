import * as tf from '@tensorflow/tfjs-core';

/** Tensors as `fit` takes them: one, one an input or output, or by name. */
export type Given = tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;

export function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}

/** Whether it is what `fit` takes. */
export function isGiven(value: unknown): value is Given {
  if (isTensor(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const tensors = Object.values(value);
  return tensors.length > 0 && tensors.every(isTensor);
}

/** All of them. */
export function listOfGiven(given: Given): tf.Tensor[] {
  return isTensor(given) ? [given] : Object.values(given);
}
