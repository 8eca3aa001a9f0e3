// Which secrets does a language model give away? Digits planted into a text, a plain and a private training of one small LSTM.
// node packages/audit/measurements/secret_sharer.js
import {readdirSync, readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import '@dp/kernels';
import {auditExposure, tableOf} from '@dp/audit';
import {dpAdam, Ledger, poissonSampler, privacySpent} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';

const {values: flags} = parseArgs({
  options: {epochs: {type: 'string', default: '30'}, ranked: {type: 'string', default: '10000'}},
});
const CHARACTERS = `\n${Array.from({length: 95}, (_, i) => String.fromCharCode(32 + i)).join('')}`;
const CLASSES = CHARACTERS.length;
const LENGTH = 24; // of a record
const DIGITS = 6;
const RECORDS = 2000;
const UNITS = 64;
const EXPECTED = 50; // of a batch
const DELTA = 1e-5;

await tf.setBackend('wasm');
await tf.ready();
const idsOf = (text) => Array.from(text, (character) => Math.max(0, CHARACTERS.indexOf(character)));
// The text: the documentation of this repository.
const root = new URL('../../../', import.meta.url);
const pages = [
  '.',
  'docs/guides',
  ...readdirSync(new URL('packages', root)).map((name) => `packages/${name}`),
];
const text = pages
  .flatMap((folder) =>
    readdirSync(new URL(folder, root))
      .filter((name) => name.endsWith('.md'))
      .map((name) => readFileSync(new URL(`${folder}/${name}`, root), 'utf8')),
  )
  .join('\n');
const records = Array.from({length: RECORDS}, (_, i) => idsOf(text.slice(i * LENGTH, (i + 1) * LENGTH)));
if (records.at(-1).length < LENGTH) throw new Error(`the documentation holds less than ${RECORDS} records`);

/** `account of A:   123456`, for canary 0 and its secret. */
const sequence = (canary, secret) => {
  const digits = String(secret).padStart(DIGITS, '0');
  const head = `account of ${String.fromCharCode(65 + canary)}:`;
  return idsOf(head + ' '.repeat(LENGTH - DIGITS - head.length) + digits);
};

/** One-hot sequences, and the same a character late. */
const batchOf = (sequences) => {
  const flat = tf.tensor2d(sequences.flat(), [sequences.length, LENGTH], 'int32');
  const y = tf.cast(tf.oneHot(flat, CLASSES), 'float32');
  const x = tf.concat(
    [tf.zeros([sequences.length, 1, CLASSES]), tf.slice(y, [0, 0, 0], [-1, LENGTH - 1, -1])],
    1,
  );
  flat.dispose();
  return {x, y};
};
const lossesByPlace = (y, logits) =>
  tf.losses.softmaxCrossEntropy(y, logits, undefined, undefined, tf.Reduction.NONE);

function train(optimizerOf) {
  return (planted) => {
    const all = [...records, ...planted];
    const model = sequential({
      layers: [
        layers.lstm({
          inputShape: [null, CLASSES],
          units: UNITS,
          recurrentActivation: 'sigmoid',
          recurrentInitializer: 'glorotUniform',
          returnSequences: true,
        }),
        layers.dense({units: CLASSES}),
      ],
    });
    const varList = model.trainableWeights.map((weight) => weight.read());
    const optimizer = optimizerOf();
    const ledger = new Ledger();
    optimizer.useLedger?.(ledger);
    const sampler = poissonSampler({numExamples: all.length, batchSize: EXPECTED});
    let last = NaN;
    for (let step = 0; step < Number(flags.epochs) * sampler.stepsPerEpoch; step++) {
      const drawn = sampler.next();
      if (drawn.indices.length === 0 && optimizer.minimizeDrawn === undefined) continue;
      const {x, y} = tf.tidy(() => batchOf(Array.from(drawn.indices, (i) => all[i])));
      const losses = () => tf.mean(lossesByPlace(y, model.apply(x, {training: true})), 1);
      const loss =
        optimizer.minimizeDrawn?.(drawn, losses, {batch: [x, y], varList}) ??
        optimizer.minimize(() => tf.mean(losses()), true, varList);
      last = loss.dataSync()[0];
      tf.dispose([x, y, loss]);
    }
    console.log(`  loss of the last batch: ${last.toFixed(2)} nats a character`);
    // Of the digits alone: what comes before is the same in all.
    const logPerplexities = (sequences) => {
      const found = [];
      for (let start = 0; start < sequences.length; start += 500) {
        const sums = tf.tidy(() => {
          const {x, y} = batchOf(sequences.slice(start, start + 500));
          const losses = lossesByPlace(y, model.predict(x));
          return tf.sum(tf.slice(losses, [0, LENGTH - DIGITS], [-1, DIGITS]), 1).dataSync();
        });
        found.push(...Array.from(sums, (nats) => nats / Math.LN2));
      }
      return found;
    };
    const claim = ledger.rows.length > 0 && {
      claim: {epsilon: privacySpent(ledger, {delta: DELTA}).epsilon, delta: DELTA},
    };
    return {logPerplexities, ...claim};
  };
}

const TRAININGS = {
  plain: () => tf.train.adam(0.005),
  private: () =>
    dpAdam({
      learningRate: 0.005,
      l2NormClip: 1,
      noiseMultiplier: 0.8,
      numMicrobatches: EXPECTED,
      expectedBatchSize: EXPECTED,
    }),
};
for (const [name, optimizerOf] of Object.entries(TRAININGS)) {
  console.log(`${name}:`);
  const {canaries, mostBits, claim, results} = await auditExposure(
    {name, numSecrets: 10 ** DIGITS, sequence, train: train(optimizerOf)},
    {ranked: Number(flags.ranked), falseAlarmRate: 0.01},
  );
  if (claim) console.log(`  epsilon ${claim.epsilon.toFixed(2)} at delta ${claim.delta}`);
  console.log('  records that hold it   exposure by rank   by extrapolation   distance of the fit');
  for (const {repeats, exposure, extrapolated, fitDistance} of canaries) {
    console.log(
      `  ${String(repeats).padStart(20)}   ${exposure.toFixed(1).padStart(8)} of ${mostBits.toFixed(1)}   ` +
        `${extrapolated.toFixed(1).padStart(16)}   ${fitDistance.toFixed(3).padStart(19)}`,
    );
  }
  if (results.length > 0) console.log(`\n${tableOf(results)}`);
  if (results.some(({passed}) => !passed)) process.exitCode = 1;
}
