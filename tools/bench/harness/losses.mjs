// A module of its own: threads that share a step import the loss from it.
import * as tf from '@tensorflow/tfjs-core';

/** Softmax cross entropy of logits, without a mean: [B, ..., classes] twice to [B, ...]. */
export function crossEntropy(yTrue, logits) {
  return tf.losses.softmaxCrossEntropy(yTrue, logits, undefined, undefined, tf.Reduction.NONE);
}
