// A plain tf.js model and a plain `fit`. The optimizer is all that makes it private.
import '@dp/kernels'; // fast, correct training on the wasm backend
import {dpSGD, privacySpent} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';

await tf.setBackend('wasm');
const numExamples = 2048;
const batchSize = 128;
const x = tf.randomNormal([numExamples, 4]); // which of two clouds of points?
const y = tf.cast(tf.greater(tf.sum(x, 1, true), 0), 'float32');

const model = sequential({layers: [layers.dense({units: 1, inputShape: [4], activation: 'sigmoid'})]});
const optimizer = dpSGD({learningRate: 2, l2NormClip: 1, noiseMultiplier: 1.1, numMicrobatches: batchSize});
model.compile({optimizer, loss: 'binaryCrossentropy', metrics: ['accuracy']});
await model.fit(x, y, {batchSize, epochs: 3, verbose: 0});

const [, accuracy] = model.evaluate(x, y);
const spent = privacySpent(optimizer.ledger, {
  delta: 1e-5,
  declared: {numExamples, batchSize, oncePerEpoch: true},
});
console.log(`accuracy on the training examples (local, not private): ${accuracy.dataSync()[0].toFixed(2)}`);
console.log(
  `epsilon ${spent.epsilon.toFixed(2)} at delta ${spent.delta} (${spent.neighboring}): ${spent.basis}`,
);
console.log(
  `${spent.ifPoissonSampled.toFixed(2)} would hold if batches were Poisson-sampled; it is not valid for this run`,
);
