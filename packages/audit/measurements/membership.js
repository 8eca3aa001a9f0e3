// Who was trained on? Attacks on two trainings of one network on few pictures: a plain one that overfits, and a private one.
// node packages/audit/measurements/membership.js --svg docs/audit/membership.svg
import {writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import '@dp/kernels';
import {auditMembership, rocChart, rocTable, tableOf} from '@dp/audit';
import {dpSGD, Ledger, poissonSampler, privacySpent} from '@dp/optimizers';
import {crossEntropy, loadMnist} from '@dp/tutorials';
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';

const {values: flags} = parseArgs({
  options: {
    targets: {type: 'string', default: '8'},
    shadows: {type: 'string', default: '32'},
    svg: {type: 'string'},
  },
});
const POOL = 1000; // records, of which a coin chooses half
const PIXELS = 28 * 28;
const CLASSES = 10;
const DELTA = 1e-5;

await tf.setBackend('wasm');
await tf.ready();
const {train, description} = await loadMnist();
const pictures = (images, count) =>
  tf.tensor2d(
    Float32Array.from(images.subarray(0, count * PIXELS), (v) => v / 255),
    [count, PIXELS],
  );
const x = pictures(train.images, POOL);
const labels = train.labels.subarray(0, POOL);
const y = tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES), 'float32');

const build = () =>
  sequential({
    layers: [
      layers.dense({inputShape: [PIXELS], units: 64, activation: 'relu'}),
      layers.dense({units: CLASSES}),
    ],
  });
const EXPECTED = 100; // of a batch

/** Trains on Poisson samples of the members, and answers for all records. */
function trainedBy(optimizerOf, steps, accuracies) {
  return (isMember) => {
    const model = build();
    const varList = model.trainableWeights.map((weight) => weight.read());
    const optimizer = optimizerOf();
    const sampler = poissonSampler({numExamples: POOL, batchSize: (POOL * EXPECTED) / (POOL / 2)});
    const ledger = new Ledger();
    optimizer.useLedger?.(ledger);
    for (let step = 0; step < steps; step++) {
      const drawn = sampler.next();
      const indices = drawn.indices.filter((i) => isMember[i]);
      const at = tf.tensor1d(indices, 'int32');
      const [bx, by] = [tf.gather(x, at), tf.gather(y, at)];
      const losses = () => crossEntropy(by, model.apply(bx, {training: true}));
      if (optimizer.minimizeDrawn !== undefined) {
        optimizer.minimizeDrawn({...drawn, indices}, losses, {batch: [bx, by], varList}).dispose();
      } else if (indices.length > 0) {
        optimizer.minimize(() => tf.mean(losses()), false, varList);
      }
      tf.dispose([at, bx, by]);
    }
    const logits = tf.tidy(() => model.predict(x).dataSync().slice());
    const accuracy = (asked) => {
      const hits = Array.from(labels).flatMap((label, i) => {
        const row = logits.subarray(i * CLASSES, (i + 1) * CLASSES);
        return isMember[i] === asked ? [Number(row.indexOf(Math.max(...row)) === label)] : [];
      });
      return hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
    };
    accuracies.push([accuracy(true), accuracy(false)]);
    model.dispose();
    optimizer.dispose();
    return {
      logits,
      ...(ledger.rows.length > 0 && {
        claim: {epsilon: privacySpent(ledger, {delta: DELTA}).epsilon, delta: DELTA},
      }),
    };
  };
}

const TRAININGS = {
  plain: {steps: 400, optimizer: () => tf.train.adam(0.005)},
  private: {
    steps: 100,
    optimizer: () =>
      dpSGD({
        learningRate: 0.3,
        l2NormClip: 1,
        noiseMultiplier: 4,
        numMicrobatches: EXPECTED,
        expectedBatchSize: EXPECTED,
      }),
  },
};

console.log(`${description}: ${POOL} pictures, a random half of them for each model`);
const panels = [];
for (const [name, {steps, optimizer}] of Object.entries(TRAININGS)) {
  const accuracies = [];
  const report = await auditMembership(
    {name, labels, numClasses: CLASSES, train: trainedBy(optimizer, steps, accuracies)},
    {targets: Number(flags.targets), shadows: Number(flags.shadows)},
  );
  const mean = (k) => accuracies.reduce((sum, own) => sum + own[k], 0) / accuracies.length;
  console.log(
    `\n${name}: accuracy ${mean(0).toFixed(3)} on members, ${mean(1).toFixed(3)} on others` +
      (report.claim ? `; epsilon ${report.claim.epsilon.toFixed(2)} at delta ${DELTA}` : ''),
  );
  console.log(rocTable(report.curves, report.claim));
  if (report.results.length > 0) console.log(`\n${tableOf(report.results)}`);
  panels.push({title: `${name} training`, curves: report.curves, claim: report.claim});
  if (report.results.some(({passed}) => !passed)) process.exitCode = 1;
}
if (flags.svg !== undefined) {
  const [{parse, View}, {compile}] = [await import('vega'), await import('vega-lite')];
  const view = new View(parse(compile(rocChart(panels)).spec), {renderer: 'none'});
  writeFileSync(flags.svg, `${await view.toSVG()}\n`);
}
