// What sampling and records add to `fit`, on the tutorial's network: pairs of runs that differ in exactly one thing, in turn.
//   node tools/bench/fit.mjs [--batch 256] [--examples 60000] [--steps 58] [--rounds 5] [--json]
// `sampling`: Poisson batches, drawn by coins from all examples, against batches of the same sizes in the order of the data; both by
// `fitSampled`, with a ledger in memory.
// `records`: `fit` with a ledger on disk (each row durable before its noise is drawn), an epsilon after each epoch and callbacks after
// each batch and epoch, against the same `fit` with a ledger in memory and no callbacks.
// Each ratio is the median over rounds of (first + last) / (second + third) of four runs, with its least and largest. `cpu` is
// processor time; waiting for the disk is in `wall` alone.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import '@dp/kernels';
import {fitSampled, makePrivate} from '@dp/keras';
import {openRun} from '@dp/keras/node';
import {dpSGD, Ledger, poissonSampler} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';

import {crossEntropy, mnistNetwork} from '../../packages/tutorials/dist/network.js';

const {values: flags} = parseArgs({
  options: {
    batch: {type: 'string', default: '256'},
    examples: {type: 'string', default: '60000'},
    steps: {type: 'string', default: '58'},
    rounds: {type: 'string', default: '5'},
    json: {type: 'boolean', default: false},
  },
});
const [batch, examples, steps, rounds] = [flags.batch, flags.examples, flags.steps, flags.rounds].map(Number);

await tf.setBackend('wasm');
/** The first rows of all. */
function exampleTensors(count) {
  const labels = tf.randomUniform([count], 0, 10, 'int32');
  return {x: tf.randomUniform([count, 28, 28, 1]), y: tf.cast(tf.oneHot(labels, 10), 'float32')};
}

function compiled(ledger, numExamples) {
  const model = makePrivate(mnistNetwork());
  model.compile({
    optimizer: dpSGD({
      learningRate: 0.15,
      l2NormClip: 1,
      noiseMultiplier: 1.1,
      numMicrobatches: batch,
      expectedBatchSize: batch,
      ledger,
    }),
    loss: crossEntropy,
    metrics: ['accuracy'],
    privacy: {numExamples, delta: 1e-5},
  });
  return model;
}

async function timed(run) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const wall = performance.now() - start;
  const {user, system} = process.cpuUsage(cpu);
  return {wall, cpu: (user + system) / 1000};
}

/** Runs both in turn, `one` first and last; a round before the first warms up. */
async function ratios(one, other) {
  const found = {wall: [], cpu: []};
  const step = {one: Infinity, other: Infinity};
  for (let round = -1; round < rounds; round++) {
    const a = await timed(one);
    const b = await timed(other);
    const c = await timed(other);
    const d = await timed(one);
    if (round < 0) continue;
    for (const clock of ['wall', 'cpu']) found[clock].push((a[clock] + d[clock]) / (b[clock] + c[clock]));
    step.one = Math.min(step.one, a.cpu / steps, d.cpu / steps);
    step.other = Math.min(step.other, b.cpu / steps, c.cpu / steps);
  }
  const text = (list) => {
    const sorted = list.toSorted((p, q) => p - q);
    return {median: sorted[sorted.length >> 1], least: sorted[0], largest: sorted.at(-1)};
  };
  return {wall: text(found.wall), cpu: text(found.cpu), step};
}

function print(name, target, {step, ...clocks}) {
  if (flags.json) {
    console.log(
      JSON.stringify({name, batch, examples, steps, rounds, target, ...clocks, cpuMsPerStep: step}),
    );
    return;
  }
  for (const [clock, {median, least, largest}] of Object.entries(clocks))
    console.log(
      `${name} ${clock.padEnd(4)} ${median.toFixed(3)} (${least.toFixed(3)} to ${largest.toFixed(3)}), target ${target}`,
    );
  console.log(`${name} cpu of a step at least ${step.one.toFixed(2)} ms against ${step.other.toFixed(2)} ms`);
}

/** `steps` batches, drawn as `next` says. */
function sampler(name, next) {
  return {
    stepsPerEpoch: steps,
    next,
    announce: () => ({id: name, sampling: {kind: 'unknown'}}),
    announceRuns: () => [],
    rest: () => undefined,
  };
}

async function sampling() {
  const {x, y} = exampleTensors(examples);
  const {layersModel} = compiled(new Ledger(), examples);
  const dataset = {
    numExamples: examples,
    get(indices) {
      const at = tf.tensor1d(indices, 'int32');
      const got = {x: tf.gather(x, at), y: tf.gather(y, at)};
      at.dispose();
      return got;
    },
  };
  const poisson = poissonSampler({numExamples: examples, batchSize: batch});
  let sizes = [];
  const drawn = sampler('poisson', () => {
    const next = poisson.next();
    sizes.push(next.indices.length);
    return next;
  });
  let [number, start] = [0, 0];
  const inOrder = sampler('in order', () => {
    const size = sizes[number++ % steps];
    if (start + size > examples) start = 0;
    const indices = Int32Array.from({length: size}, (_, i) => start + i);
    start += size;
    const {sampling: how, random} = poisson.announce(0);
    return {id: `in-order-${number}`, indices, sampling: how, random};
  });
  const run = (one) => fitSampled(layersModel, dataset, {sampler: one, epochs: 1});
  const result = await ratios(
    () => {
      sizes = [];
      return run(drawn);
    },
    () => run(inOrder),
  );
  tf.dispose([x, y]);
  return result;
}

async function records(folder) {
  const numExamples = batch * steps;
  const {x, y} = exampleTensors(numExamples);
  const run = openRun(folder);
  const [recorded, bare] = [compiled(run.ledger, numExamples), compiled(new Ledger(), numExamples)];
  let seen = 0;
  const callbacks = [{onBatchEnd: () => void seen++, onEpochEnd: (_, {epsilon}) => void (seen += epsilon)}];
  try {
    return await ratios(
      () => recorded.fit(x, y, {callbacks, verbose: 0}),
      () => bare.fit(x, y, {verbose: 0}),
    );
  } finally {
    run.close();
    tf.dispose([x, y]);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'bench-fit-'));
try {
  print('sampling', 1.05, await sampling());
  print('records ', 1.02, await records(folder));
} finally {
  rmSync(folder, {recursive: true});
}
