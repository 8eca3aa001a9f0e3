// What `fit` costs beside the steps themselves, on the tutorial's network: pairs of rounds in turn, one epoch each.
//   node tools/bench/fit.mjs [--batch 256] [--steps 12] [--rounds 9] [--json]
// `sampling`: Poisson batches, drawn and fetched, against batches of the same sizes cut from the data in order.
// `records`: a ledger on disk (fsync), epsilon, History and callbacks after each batch and epoch, against none of them.
// Each ratio is the median over rounds, with its least and largest; `cpu` counts processor time, and waiting for the disk is in
// `wall` alone.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import '@dp/kernels';
import {dpSequential} from '@dp/keras';
import {openRun} from '@dp/keras/node';
import {dpSGD, Ledger} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';

const {values: flags} = parseArgs({
  options: {
    batch: {type: 'string', default: '256'},
    steps: {type: 'string', default: '12'},
    rounds: {type: 'string', default: '9'},
    json: {type: 'boolean', default: false},
  },
});
const [batch, steps, rounds] = [flags.batch, flags.steps, flags.rounds].map(Number);
const numExamples = batch * steps;

await tf.setBackend('wasm');
const x = tf.randomUniform([numExamples, 28, 28, 1]);
const labels = tf.randomUniform([numExamples], 0, 10, 'int32');
const y = tf.cast(tf.oneHot(labels, 10), 'float32');

function compiled(ledger) {
  const model = dpSequential({
    layers: [
      layers.conv2d({
        inputShape: [28, 28, 1],
        filters: 16,
        kernelSize: 8,
        strides: 2,
        padding: 'same',
        activation: 'relu',
      }),
      layers.maxPooling2d({poolSize: 2, strides: 1}),
      layers.conv2d({filters: 32, kernelSize: 4, strides: 2, activation: 'relu'}),
      layers.maxPooling2d({poolSize: 2, strides: 1}),
      layers.flatten(),
      layers.dense({units: 32, activation: 'relu'}),
      layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
  model.compile({
    optimizer: dpSGD({
      learningRate: 0.15,
      l2NormClip: 1,
      noiseMultiplier: 1.1,
      numMicrobatches: batch,
      expectedBatchSize: batch,
      ledger,
    }),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
    privacy: {numExamples, delta: 1e-5},
  });
  return model;
}

/** The steps alone: batches of given sizes in the order of the data. Returns nothing, records in memory alone. */
function bareSteps(model, sizes) {
  const {layersModel} = model;
  const varList = layersModel.trainableWeights.map((weight) => weight.read());
  const [loss] = layersModel.model.lossFunctions;
  const [[metric]] = layersModel.model.metricsTensors;
  let start = 0;
  sizes.forEach((size, step) => {
    if (start + size > numExamples) start = 0;
    const [bx, by] = [tf.slice(x, start, size), tf.slice(y, start, size)];
    start += size;
    let predicted;
    const lossFn = () => {
      const output = layersModel.apply(bx, {training: true});
      predicted = tf.keep(tf.clone(output));
      return loss(by, output);
    };
    const sampling = {kind: 'poisson', numExamples, samplingProbability: batch / numExamples};
    const drawn = {id: `bench-${performance.now()}-${step}`, indices: new Int32Array(size), sampling};
    layersModel.optimizer.minimizePieces(drawn, [{lossFn, batch: [bx, by]}], {varList}).dispose();
    tf.tidy(() => tf.mean(metric(by, predicted)).dataSync());
    tf.dispose([bx, by, predicted]);
  });
}

async function timed(run) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const wall = performance.now() - start;
  const {user, system} = process.cpuUsage(cpu);
  return {wall, cpu: (user + system) / 1000};
}

/** Runs both, in turn and first one, then the other first. `one` goes before where it tells the sizes. */
async function ratios(one, other) {
  const found = {wall: [], cpu: []};
  for (let round = -1; round < rounds; round++) {
    const a = await timed(one);
    const b = await timed(other);
    const c = await timed(other);
    const d = await timed(one);
    if (round < 0) continue; // Warms up.
    for (const clock of ['wall', 'cpu']) found[clock].push((a[clock] + d[clock]) / (b[clock] + c[clock]));
  }
  const text = (list) => {
    const sorted = list.toSorted((p, q) => p - q);
    return {median: sorted[sorted.length >> 1], least: sorted[0], largest: sorted.at(-1)};
  };
  return {wall: text(found.wall), cpu: text(found.cpu)};
}

function print(name, target, result) {
  if (flags.json) console.log(JSON.stringify({name, batch, steps, rounds, target, ...result}));
  else
    for (const [clock, {median, least, largest}] of Object.entries(result))
      console.log(
        `${name} ${clock.padEnd(4)} ${median.toFixed(3)} (${least.toFixed(3)} to ${largest.toFixed(3)}), target ${target}`,
      );
}

const folder = mkdtempSync(join(tmpdir(), 'bench-fit-'));
try {
  const model = compiled(new Ledger());
  let sizes = [];
  const onBatchEnd = (_, {size}) => sizes.push(size);
  const sampled = async () => {
    sizes = [];
    await model.fit(x, y, {callbacks: {onBatchEnd}, yieldEvery: 'never'});
  };
  print('sampling', 1.05, await ratios(sampled, () => bareSteps(model, sizes)));

  const run = openRun(folder);
  const recorded = compiled(run.ledger);
  const callbacks = [{onBatchEnd: () => undefined, onEpochEnd: (_, {epsilon}) => epsilon}];
  const all = () => recorded.fit(x, y, {callbacks, yieldEvery: 'never'});
  const same = () => bareSteps(model, new Array(steps).fill(batch));
  print('records ', 1.02, await ratios(all, same));
  run.close();
} finally {
  rmSync(folder, {recursive: true});
}
