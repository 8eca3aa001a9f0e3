// Training steps of the tutorial's network, private and plain in turn, on one core.
//   node tools/bench/mnist_cnn.mjs [--backend=wasm] [--batch=256] [--rounds=7] [--steps=8]
// Prints one JSON line a mode: medians over rounds. `cpuMs` counts processor time of the process, so it holds on a busy machine.
import '@dp/kernels';
import {dpSGD} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import {parseArgs} from 'node:util';
import {crossEntropy, mnistNetwork} from '../../packages/tutorials/dist/index.js';

const {values} = parseArgs({
  options: {
    backend: {type: 'string', default: 'wasm'},
    batch: {type: 'string', default: '256'},
    rounds: {type: 'string', default: '7'},
    steps: {type: 'string', default: '8'},
  },
});
const [batch, rounds, steps] = [values.batch, values.rounds, values.steps].map(Number);
await tf.setBackend(values.backend);

const x = tf.randomUniform([batch, 28, 28, 1]);
const y = tf.cast(tf.oneHot(tf.randomUniform([batch], 0, 10, 'int32'), 10), 'float32');
const modes = {
  private: dpSGD({learningRate: 0.15, l2NormClip: 1, noiseMultiplier: 1.1, numMicrobatches: batch}),
  plain: tf.train.sgd(0.15),
};
const runs = Object.entries(modes).map(([mode, optimizer]) => {
  const model = mnistNetwork(1);
  const varList = model.trainableWeights.map((weight) => weight.read());
  const loss = () => tf.mean(crossEntropy(y, model.apply(x, {training: true})));
  return {mode, wall: [], cpu: [], step: () => optimizer.minimize(loss, true, varList).dispose()};
});
const median = (list) => list.slice().sort((a, b) => a - b)[list.length >> 1];

for (const run of runs) for (let i = 0; i < 3; i++) run.step();
for (let round = 0; round < rounds; round++) {
  for (const run of runs) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    for (let i = 0; i < steps; i++) run.step();
    run.wall.push((performance.now() - start) / steps);
    const {user, system} = process.cpuUsage(cpu);
    run.cpu.push((user + system) / 1000 / steps);
  }
}
for (const {mode, wall, cpu} of runs) {
  const stepMs = median(wall);
  const cpuMs = median(cpu);
  console.log(
    JSON.stringify({
      model: 'mnist-cnn',
      backend: values.backend,
      mode,
      batch,
      stepMs: +stepMs.toFixed(1),
      cpuMs: +cpuMs.toFixed(1),
      examplesPerSecond: Math.round((1000 * batch) / stepMs),
      examplesPerCpuSecond: Math.round((1000 * batch) / cpuMs),
    }),
  );
}
