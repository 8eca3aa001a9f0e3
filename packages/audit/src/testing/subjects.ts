import {dpSGD, poissonSampler, type DpSgdOptions} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import {initializers, layers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';

import type {AuditSubject} from '../subject/subject.js';

/** Softmax cross entropy of logits, one loss per example. */
function crossEntropy(yTrue: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.losses.softmaxCrossEntropy(yTrue, logits, undefined, undefined, tf.Reduction.NONE);
}

export function variablesOf({trainableWeights}: LayersModel): tf.Variable[] {
  return trainableWeights
    .map((weight) => weight.read())
    .filter((tensor): tensor is tf.Variable => tensor instanceof tf.Variable);
}

/** Two dense layers on 6 features, 3 classes. */
export function denseSubject(options: Partial<DpSgdOptions> = {}): AuditSubject {
  const init = (seed: number) => ({kernelInitializer: initializers.glorotUniform({seed})});
  const model = sequential({
    layers: [
      layers.dense({inputShape: [6], units: 16, activation: 'tanh', ...init(1)}),
      layers.dense({units: 3, ...init(2)}),
    ],
  });
  return {
    name: 'two dense layers',
    variables: variablesOf(model),
    losses: (x, y) => crossEntropy(y, model.apply(x, {training: true}) as tf.Tensor),
    records: {
      x: tf.tensor2d(
        Array.from({length: 24}, (_, i) => Math.sin(3 * i + 1)),
        [4, 6],
      ),
      y: tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0], [4, 3]),
    },
    optimizer: (changed) =>
      dpSGD({
        learningRate: 0.1,
        l2NormClip: 0.8,
        noiseMultiplier: 1.1,
        numMicrobatches: 32,
        expectedBatchSize: 32,
        ...options,
        ...changed,
      }),
    sampler: () => poissonSampler({numExamples: 2000, batchSize: 32}),
  };
}

/** A table of 40 rows of 5, of which a batch touches few, and a dense layer on the mean of 3 looked-up rows. */
export function embeddingSubject(options: Partial<DpSgdOptions> = {}): AuditSubject {
  const table = tf.variable(values([40, 5], 0.3));
  const kernel = tf.variable(values([5, 3], 0.7));
  return {
    ...denseSubject(options),
    name: 'an embedding',
    variables: [table, kernel],
    losses: (x, y) => crossEntropy(y, tf.matMul(tf.mean(tf.gather(table, tf.cast(x, 'int32')), 1), kernel)),
    records: {
      x: tf.tensor2d([0, 1, 2, 2, 2, 5, 3, 1, 0, 7, 7, 7], [4, 3], 'int32'),
      y: tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0], [4, 3]),
    },
  };
}

/** One table used twice: to look up and, transposed, to score. */
export function tiedSubject(options: Partial<DpSgdOptions> = {}): AuditSubject {
  const table = tf.variable(values([40, 5], 0.3));
  return {
    ...embeddingSubject(options),
    name: 'tied weights',
    variables: [table],
    losses: (x, y) => {
      const scores = tf.matMul(tf.mean(tf.gather(table, tf.cast(x, 'int32')), 1), table, false, true);
      // Both uses pull the same way, so that their norms apart are less than the norm of their sum.
      return tf.mul(tf.sum(tf.square(scores), 1), tf.sum(y, 1));
    },
  };
}

function values(shape: [number, number], scale: number): tf.Tensor2D {
  return tf.tensor2d(
    Array.from({length: shape[0] * shape[1]}, (_, i) => scale * Math.sin(5 * i + 2)),
    shape,
  );
}
