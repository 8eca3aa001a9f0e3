// A training loop of one's own, without a model class: variables, a loss a record, a private optimizer, a ledger on disk.
//   node custom_loop.js [--full] [--ledger FILE]
import '@dp/kernels'; // fast, correct training on the wasm backend
import {dpMomentum, Ledger, poissonSampler, privacySpent} from '@dp/optimizers';
import {openLedgerFile} from '@dp/optimizers/node';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {parseArgs} from 'node:util';

const {values: flags} = parseArgs({
  options: {full: {type: 'boolean', default: false}, ledger: {type: 'string', default: 'ledger.jsonl'}},
});
await tf.setBackend('wasm');

// Private records: which side of a circle is a point on? Their number is public.
const numExamples = flags.full ? 50_000 : 4_000;
const epochs = flags.full ? 20 : 4;
const batchSize = 200;
const points = tf.randomNormal([numExamples, 2]);
const inside = tf.cast(tf.less(tf.sum(tf.square(points), 1, true), 1.4), 'float32');

// A network by hand: 2 -> 16 -> 1.
const weights = [
  tf.variable(tf.randomNormal([2, 16], 0, 0.7), true, 'w1'),
  tf.variable(tf.zeros([16]), true, 'b1'),
  tf.variable(tf.randomNormal([16, 1], 0, 0.25), true, 'w2'),
  tf.variable(tf.zeros([1]), true, 'b2'),
];
const logits = (x) => {
  const [w1, b1, w2, b2] = weights;
  return tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, w1), b1)), w2), b2);
};
// One loss a record, [B]: never their mean over the batch, and nothing that looks from one record at another.
const losses = (x, y) =>
  tf.reshape(tf.losses.sigmoidCrossEntropy(y, logits(x), undefined, 0, tf.Reduction.NONE), [-1]);

// Every release is written there before it can be seen. The same file again: the run's epsilon goes on from there.
const store = openLedgerFile(flags.ledger);
const ledger = new Ledger(store);
const optimizer = dpMomentum({
  learningRate: 0.5,
  momentum: 0.9,
  l2NormClip: 0.5,
  noiseMultiplier: 1,
  numMicrobatches: batchSize,
  expectedBatchSize: batchSize,
  ledger,
});
const sampler = poissonSampler({numExamples, batchSize});
for (let epoch = 1; epoch <= epochs; epoch++) {
  for (let step = 0; step < sampler.stepsPerEpoch; step++) {
    const drawn = sampler.next(); // who is in it, and how many, is secret
    tf.tidy(() => {
      const x = tf.gather(points, drawn.indices);
      const y = tf.gather(inside, drawn.indices);
      optimizer.minimizeDrawn(drawn, () => losses(x, y), {batch: [x, y], varList: weights});
    });
  }
  const {epsilon} = privacySpent(ledger, {delta: 1e-5});
  console.log(`epoch ${epoch}: epsilon ${epsilon.toFixed(2)} at delta 1e-5`);
}
const right = tf.tidy(
  () => tf.mean(tf.equal(tf.greater(logits(points), 0), tf.cast(inside, 'bool'))).dataSync()[0],
);
console.log(`accuracy on the training records (local, not private): ${right.toFixed(3)}`);
store.close();
