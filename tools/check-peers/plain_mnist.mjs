// Trains the tutorial's network on MNIST without privacy, and keeps what PyTorch needs to do the same: see plain_mnist_torch.py.
//   node tools/check-peers/plain_mnist.mjs FOLDER      (DP_DATA_DIR names MNIST)
import '@dp/kernels';
import {shuffleSampler} from '@dp/optimizers';
import {seededSource} from '@dp/random';
import {crossEntropy, loadMnist, mnistNetwork} from '@dp/tutorials';
import * as tf from '@tensorflow/tfjs-core';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const [folder] = process.argv.slice(2);
mkdirSync(folder, {recursive: true});
await tf.setBackend('wasm');
const {train, test} = await loadMnist();
const numExamples = train.numExamples;
const model = mnistNetwork(1);
const variables = model.trainableWeights.map((weight) => weight.read());
const optimizer = tf.train.sgd(0.1);
const sampler = shuffleSampler({numExamples, batchSize: 256, source: seededSource(3)});
const epochs = 3;

const pictures = ({images, labels}, indices) => {
  const pixels = Float32Array.from(
    indices.flatMap((i) => Array.from(images.subarray(i * 784, (i + 1) * 784), (p) => p / 255)),
  );
  const classes = indices.map((i) => labels[i]);
  return {
    x: tf.tensor4d(pixels, [indices.length, 28, 28, 1]),
    y: tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), 10), 'float32'),
  };
};
const write = (name, tensors) =>
  writeFileSync(
    join(folder, `${name}.bin`),
    Buffer.concat(tensors.map((tensor) => Buffer.from(tensor.dataSync().slice().buffer))),
  );
const testAccuracy = () =>
  tf.tidy(() => {
    const {x, y} = pictures(
      test,
      Array.from({length: test.numExamples}, (_, i) => i),
    );
    return tf.mean(tf.equal(tf.argMax(model.predict(x), 1), tf.argMax(y, 1))).dataSync()[0];
  });

const steps = [];
const accuracies = [];
for (let step = 0; step < epochs * sampler.stepsPerEpoch; step++) {
  const indices = Array.from(sampler.next().indices);
  const {x, y} = pictures(train, indices);
  const loss = () => tf.mean(crossEntropy(y, model.apply(x, {training: true})));
  const kept = (step <= 80 && step % 5 === 0) || step % sampler.stepsPerEpoch === 0;
  if (kept) {
    write(`weights-${step}`, variables);
    const {grads} = tf.variableGrads(loss, variables);
    write(
      `gradients-${step}`,
      variables.map(({name}) => grads[name]),
    );
    tf.dispose(grads);
  }
  const value = optimizer.minimize(loss, true, variables);
  steps.push({indices, loss: value.dataSync()[0], kept});
  tf.dispose([x, y, value]);
  if ((step + 1) % sampler.stepsPerEpoch === 0) accuracies.push(testAccuracy());
}
writeFileSync(join(folder, 'run.json'), JSON.stringify({steps, accuracies}));
console.log(`accuracy after each epoch: ${accuracies.map((a) => a.toFixed(4)).join(', ')}`);
