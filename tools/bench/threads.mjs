// Processor time of each thread for a private step of the tutorial's network on Poisson batches: it holds on a busy machine.
//   node tools/bench/threads.mjs [--workers 2] [--batch 256] [--steps 120] [--cold 400]      Linux only
// Milliseconds a step, after `cold` steps: of the thread that calls, of the busiest other, and of the rest together (the
// garbage collector's and the compiler's).
import {readdirSync, readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import '@dp/kernels';
import {fitSampled} from '@dp/keras';
import {dpSGD, poissonSampler} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';

import {crossEntropy, mnistNetwork} from '../../packages/tutorials/dist/network.js';

const option = (value) => ({type: 'string', default: value});
const {values: flags} = parseArgs({
  options: {workers: option('2'), batch: option('256'), steps: option('120'), cold: option('400')},
});
const [workers, batch, steps, cold] = ['workers', 'batch', 'steps', 'cold'].map((name) =>
  Number(flags[name]),
);
const numExamples = 60_000;

await tf.setBackend('wasm');
const x = tf.randomUniform([numExamples, 28, 28, 1]);
const y = tf.cast(tf.oneHot(tf.randomUniform([numExamples], 0, 10, 'int32'), 10), 'float32');
const dataset = {
  numExamples,
  get(indices) {
    const at = tf.tensor1d(indices, 'int32');
    const drawn = {x: tf.gather(x, at), y: tf.gather(y, at)};
    at.dispose();
    return drawn;
  },
};
const model = mnistNetwork(1);
const options = {learningRate: 0.15, l2NormClip: 1, noiseMultiplier: 1.1};
const optimizer = dpSGD({...options, numMicrobatches: batch, expectedBatchSize: batch});
model.compile({optimizer, loss: crossEntropy});

let before;
const ended = new AbortController();
await fitSampled(model, dataset, {
  sampler: poissonSampler({numExamples, batchSize: batch}),
  epochs: Number.MAX_SAFE_INTEGER,
  workers: {
    count: workers,
    loss: {
      module: new URL('../../packages/tutorials/dist/network.js', import.meta.url).href,
      name: 'crossEntropy',
    },
  },
  onStep({step}) {
    if (step === cold) before = threadTimes();
    if (step === cold + steps) report(threadTimes());
  },
  signal: ended.signal,
});

/** Milliseconds of each thread, by its id. */
function threadTimes() {
  const times = readdirSync('/proc/self/task').map((id) => [
    id,
    Number(readFileSync(`/proc/self/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
  ]);
  return new Map(times);
}

function report(after) {
  const of = (id) => (after.get(id) - (before.get(id) ?? 0)) / steps;
  const main = String(process.pid);
  const others = [...after.keys()].filter((id) => id !== main).map(of);
  const busiest = workers === 1 ? 0 : Math.max(...others);
  const rest = others.reduce((sum, time) => sum + time, 0) - busiest;
  const figures = {calling: of(main), busiest, rest};
  const rounded = Object.entries(figures).map(([name, ms]) => [name, Number(ms.toFixed(2))]);
  console.log(JSON.stringify({workers, batch, ...Object.fromEntries(rounded)}));
  ended.abort();
}
