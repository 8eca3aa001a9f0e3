// A run that goes on in its folder, to be killed: FOLDER EPOCHS SAMPLING HIDDEN. After each step it notes the step and its first weights.
import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {dpAdam} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers} from '@tensorflow/tfjs-layers';

import {dpSequential} from '../../model/factories.js';
import type {SamplingChoice} from '../../plan/sampling.js';
import {openRun} from '../run_folder.js';

const [folder = '', epochs = '', sampling = '', hidden = ''] = process.argv.slice(2);
await tf.setBackend('cpu');
const run = openRun(folder);
const N = 16;
const x = tf.tensor2d(Array.from({length: N}, (_, i) => [Math.cos(i), Math.sin(3 * i)]));
const y = tf.tensor2d(Array.from({length: N}, (_, i) => [i % 2]));
const model = dpSequential({
  layers: [
    layers.dense({inputShape: [2], units: Number(hidden), activation: 'tanh'}),
    layers.dense({units: 1, activation: 'sigmoid'}),
  ],
});
model.compile({
  optimizer: dpAdam({
    learningRate: 0.1,
    l2NormClip: 1,
    noiseMultiplier: 1,
    numMicrobatches: 2,
    expectedBatchSize: 2,
    ledger: run.ledger,
  }),
  loss: 'binaryCrossentropy',
  privacy: {numExamples: N, delta: 1e-5, sampling: sampling as SamplingChoice},
});
await run.resume(model);
process.stdout.write('ready\n');
let steps = 0;
await model.fit(x, y, {
  epochs: Number(epochs),
  verbose: 0,
  callbacks: [
    {
      onBatchEnd() {
        const weights = model.layersModel.getWeights().flatMap((w) => [...w.dataSync().subarray(0, 4)]);
        const releases = run.ledger.rows.length;
        appendFileSync(join(folder, 'steps.jsonl'), `${JSON.stringify({releases, weights})}\n`);
        if (++steps % 3 === 0) process.stdout.write('.');
      },
    },
    run.checkpoints(model, {everySteps: 2}),
  ],
});
run.close();
process.stdout.write('done\n');
