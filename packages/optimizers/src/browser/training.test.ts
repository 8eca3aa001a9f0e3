import {beforeEach, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, sequential} from '@tensorflow/tfjs-layers';

import {Ledger} from '../account/ledger.js';
import {poissonSampler} from '../account/poisson_samplers.js';
import {adaptive} from '../clip/mode.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import {PageStorage} from '../testing/page_storage.js';
import {openIndexedDbLedger} from './indexed_db_ledger.js';

let page: PageStorage;
beforeEach(async () => {
  page = new PageStorage();
  await tf.setBackend('cpu');
});

async function open(expected: 'new' | 'existing') {
  const store = await openIndexedDbLedger('run', {expect: expected});
  return {store, ledger: new Ledger(store)};
}

const withCode = (code: string): unknown => expect.objectContaining({code});

test('an optimizer reserves what it foresees, its adaptive clipping included', async () => {
  const weights = tf.variable(tf.zeros([2]), true, 'reserved-weights');
  const {store, ledger} = await open('new');
  const sampler = poissonSampler({numExamples: 20, batchSize: 4});
  const optimizer = dpSGD({
    learningRate: 0.1,
    l2NormClip: 1,
    noiseMultiplier: 1,
    numMicrobatches: 4,
    expectedBatchSize: 4,
    clipping: adaptive({targetQuantile: 0.5, learningRate: 0.2, countNoise: 2}),
    ledger,
  });
  const step = (): void => {
    const drawn = sampler.next();
    const x = tf.ones<tf.Rank.R2>([drawn.indices.length, 2]);
    const losses = (): tf.Tensor => tf.sum(tf.mul(x, weights), 1);
    optimizer.minimizeDrawn(drawn, losses, {batch: [x], varList: [weights]}).dispose();
    x.dispose();
  };
  await store.reserve(
    optimizer.foresee(
      [0, 1, 2].map((ahead) => sampler.announce(ahead)),
      2,
    ),
  );
  step();
  step();
  step();
  const before = weights.dataSync().slice();
  expect(step).toThrow(withCode('NOT_RESERVED'));
  expect(weights.dataSync()).toEqual(before);
  expect(ledger.rows).toHaveLength(6);
  await store.flush();
  page.kill();
  expect((await open('existing')).ledger.rows).toEqual(ledger.rows);
  weights.dispose();
  optimizer.dispose();
});

test('a plain model.fit reserves the batches of each epoch as it begins', async () => {
  const {store, ledger} = await open('new');
  const model = sequential({layers: [layers.dense({inputShape: [2], units: 1})]});
  const optimizer = dpSGD({
    learningRate: 0.1,
    l2NormClip: 1,
    noiseMultiplier: 1,
    numMicrobatches: 2,
    ledger,
  });
  model.compile({optimizer, loss: 'meanSquaredError'});
  const [x, y] = [tf.ones([6, 2]), tf.ones([6, 1])];
  const coming = Array.from({length: 3}, () => ({id: '', sampling: {kind: 'unknown'} as const}));
  const onEpochBegin = (): Promise<void> => store.reserve(optimizer.foresee(coming, model.countParams()));
  await model.fit(x, y, {batchSize: 2, epochs: 2, callbacks: {onEpochBegin}});
  await expect(model.fit(x, y, {batchSize: 2, epochs: 1})).rejects.toThrow(withCode('NOT_RESERVED'));
  expect(ledger.rows).toHaveLength(6);
  await store.close();
  expect((await open('existing')).ledger.rows).toEqual(ledger.rows);
  model.dispose();
  optimizer.dispose();
  tf.dispose([x, y]);
});
