import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential, initializers, type Sequential} from '@tensorflow/tfjs-layers';

/**
 * The network of the original MNIST tutorial, 26,010 parameters: two convolutions with max pooling, a hidden layer and
 * ten logits. Glorot-uniform kernels, zero biases.
 *
 * @param seed - Makes the initial weights reproducible, for tests.
 * @param activation - Of all but the last layer. The original's is `relu`; `tanh`, whose outputs are bounded, does better with
 *   clipped gradients (Papernot et al. 2020).
 */
export function mnistNetwork(seed?: number, activation: 'relu' | 'tanh' = 'relu'): Sequential {
  let drawn = 0;
  const kernelInitializer = () =>
    initializers.glorotUniform(seed === undefined ? {} : {seed: seed + drawn++});
  return sequential({
    layers: [
      layers.conv2d({
        inputShape: [28, 28, 1],
        filters: 16,
        kernelSize: 8,
        strides: 2,
        padding: 'same',
        activation,
        kernelInitializer: kernelInitializer(),
      }),
      layers.maxPooling2d({poolSize: 2, strides: 1}),
      layers.conv2d({
        filters: 32,
        kernelSize: 4,
        strides: 2,
        padding: 'valid',
        activation,
        kernelInitializer: kernelInitializer(),
      }),
      layers.maxPooling2d({poolSize: 2, strides: 1}),
      layers.flatten(),
      layers.dense({units: 32, activation, kernelInitializer: kernelInitializer()}),
      layers.dense({units: 10, kernelInitializer: kernelInitializer()}),
    ],
  });
}

/** Softmax cross entropy of logits, one loss per example: [B, 10] and [B, 10] to [B]. */
export function crossEntropy(yTrue: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.losses.softmaxCrossEntropy(yTrue, logits, undefined, undefined, tf.Reduction.NONE);
}
