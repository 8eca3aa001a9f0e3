// The step of `npm start`, with its defaults, for `dp-audit packages/audit/subjects/mnist.js`.
import '@dp/kernels';
import {dpSGD, poissonSampler} from '@dp/optimizers';
import {crossEntropy, mnistNetwork} from '@dp/tutorials';
import * as tf from '@tensorflow/tfjs-core';

export default async () => {
  await tf.setBackend('wasm');
  await tf.ready();
  const model = mnistNetwork();
  return {
    name: 'MNIST: DP-SGD, clip 1, noise multiplier 1.1, Poisson-sampled batches of 256 of 60000',
    variables: model.trainableWeights.map((weight) => weight.read()),
    losses: (x, y) => crossEntropy(y, model.apply(x, {training: true})),
    // What they show does not matter: hostile records are made of them.
    records: {
      x: tf.randomUniform([8, 28, 28, 1], 0, 1, 'float32', 1),
      y: tf.cast(tf.oneHot(tf.range(0, 8, 1, 'int32'), 10), 'float32'),
    },
    optimizer: (changed) =>
      dpSGD({
        learningRate: 0.15,
        l2NormClip: 1,
        noiseMultiplier: 1.1,
        numMicrobatches: 256,
        expectedBatchSize: 256,
        ...changed,
      }),
    sampler: () => poissonSampler({numExamples: 60_000, batchSize: 256}),
  };
};
