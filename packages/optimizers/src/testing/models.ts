import * as tf from '@tensorflow/tfjs-core';
import {initializers, layers, sequential, type LayersModel, type Sequential} from '@tensorflow/tfjs-layers';

/** Softmax cross entropy of logits, one loss per example. */
export function crossEntropy(yTrue: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.losses.softmaxCrossEntropy(yTrue, logits, undefined, undefined, tf.Reduction.NONE);
}

const init = (seed: number) => ({
  kernelInitializer: initializers.glorotUniform({seed}),
  biasInitializer: initializers.randomUniform({minval: -0.1, maxval: 0.1, seed: seed + 100}),
});

/** The tutorial's network, of any width. */
export function smallCnn(scale = 4): Sequential {
  return sequential({
    layers: [
      layers.conv2d({
        inputShape: [14, 14, 1],
        filters: scale,
        kernelSize: 4,
        strides: 2,
        padding: 'same',
        activation: 'relu',
        ...init(1),
      }),
      layers.maxPooling2d({poolSize: 2, strides: 1}),
      layers.conv2d({
        filters: 2 * scale,
        kernelSize: 3,
        strides: 2,
        padding: 'valid',
        activation: 'relu',
        ...init(2),
      }),
      layers.maxPooling2d({poolSize: 2, strides: 1}),
      layers.flatten(),
      layers.dense({units: 6, activation: 'relu', ...init(3)}),
      layers.dense({units: 4, ...init(4)}),
    ],
  });
}

/** Two dense layers on 5 features, 3 classes. */
export function mlp(activation: 'relu' | 'tanh' | 'sigmoid' | 'elu' = 'tanh'): Sequential {
  return sequential({
    layers: [
      layers.dense({inputShape: [5], units: 7, activation, ...init(5)}),
      layers.dense({units: 3, ...init(6)}),
    ],
  });
}

/** The trainable variables of a model. */
export function variablesOf(model: LayersModel): tf.Variable[] {
  return model.trainableWeights
    .map((weight) => weight.read())
    .filter((tensor): tensor is tf.Variable => tensor instanceof tf.Variable);
}

/** Copies of all weights, for comparing steps. */
export function weightValues(model: LayersModel): Float32Array[] {
  return variablesOf(model).map((variable) => variable.dataSync<'float32'>().slice());
}
