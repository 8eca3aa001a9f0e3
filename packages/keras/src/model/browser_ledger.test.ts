import {beforeEach, expect, test} from '@jest/globals';
import {dpFTRL, dpSGD, Ledger, poissonSampler, privacySpent, type PrivateOptimizer} from '@dp/optimizers';
import {openIndexedDbLedger} from '@dp/optimizers/browser';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, sequential} from '@tensorflow/tfjs-layers';

import {PageStorage} from '../../../optimizers/src/testing/page_storage.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import {fitSampled} from '../train/fit_sampled.js';
import type {DpModel} from './dp_model.js';
import {makePrivate} from './factories.js';

const N = 40;
const STEPS = 20;
const x = tf.tensor2d(Array.from({length: N}, (_, i) => [Math.cos(i), Math.sin(i)]));
const y = tf.tensor2d(Array.from({length: N}, (_, i) => [i % 2]));

let page: PageStorage;
beforeEach(async () => {
  page = new PageStorage();
  await tf.setBackend('cpu');
});

async function open(expected: 'new' | 'existing') {
  const store = await openIndexedDbLedger('run', {expect: expected});
  return {store, ledger: new Ledger(store)};
}

const network = () =>
  sequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]});
const sizes = {numMicrobatches: 2, expectedBatchSize: 2};
const optimizer = (ledger: Ledger): PrivateOptimizer =>
  dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 1, ...sizes, ledger});

function compiled(own: PrivateOptimizer, privacy: Partial<PrivacyConfig> = {}): DpModel {
  const model = makePrivate(network());
  model.compile({
    optimizer: own,
    loss: 'binaryCrossentropy',
    privacy: {numExamples: N, delta: 1e-5, ...privacy},
  });
  return model;
}

/** What the ledger holds for the next page, if this one ends now. */
async function afterCrash(): Promise<Ledger> {
  page.kill();
  return (await open('existing')).ledger;
}

test('fit reserves what it releases, its validation too, and is durable when it resolves', async () => {
  const {ledger} = await open('new');
  const model = compiled(optimizer(ledger), {validation: 'disjoint'});
  await model.fit(x, y, {epochs: 2, validationData: [x, y], privateValidation: {countNoise: 5}});
  expect(ledger.rows).toHaveLength(2 * (STEPS + 1));
  expect((await afterCrash()).rows).toEqual(ledger.rows);
});

/** What so many steps cost, and not one more. */
async function budgetOf(steps: number): Promise<number> {
  const inMemory = compiled(optimizer(new Ledger()));
  await inMemory.fit(x, y, {epochs: 2});
  return privacySpent({rows: inMemory.ledger!.rows.slice(0, steps)}, {delta: 1e-5}).epsilon * (1 + 1e-6);
}

test('a page that ends in the middle has spent what it had reserved, and no more than the budget', async () => {
  const {ledger} = await open('new');
  const budget = await budgetOf(10);
  const model = compiled(optimizer(ledger), {budget});
  const crash = (batch: number): void => {
    if (batch === 3) throw new Error('the page ends');
  };
  await expect(model.fit(x, y, {epochs: 2, callbacks: {onBatchEnd: crash}})).rejects.toThrow('the page ends');
  expect(ledger.rows).toHaveLength(4);
  await ledger.flush();
  const {rows} = await afterCrash();
  expect(rows).toHaveLength(10);
  expect(privacySpent({rows}, {delta: 1e-5}).epsilon).toBeLessThanOrEqual(budget);
});

test('reservations end with the budget', async () => {
  const {ledger} = await open('new');
  const model = compiled(optimizer(ledger), {budget: await budgetOf(27)});
  await model.fit(x, y, {epochs: 2});
  expect(ledger.rows).toHaveLength(27);
  const {rows} = await afterCrash();
  expect(rows).toEqual(ledger.rows);
});

test('fit goes on where it was left, from the same reservations', async () => {
  const {ledger} = await open('new');
  const model = compiled(optimizer(ledger));
  const stop = (batch: number): void => {
    if (batch === 3) model.layersModel.stopTraining = true;
  };
  await model.fit(x, y, {callbacks: {onBatchEnd: stop}});
  const bytes = await model.checkpoint();
  await model.fit(x, y);
  expect(ledger.rows).toHaveLength(4 + STEPS);
  const resumed = await afterCrash();
  await compiled(optimizer(resumed)).restore(bytes);
  // The reservations of the first fit served the second.
  expect(resumed.rows).toEqual(ledger.rows);
});

test('fitSampled and streams reserve too; noise trees are refused before anything is released', async () => {
  const {ledger} = await open('new');
  const model = network();
  model.compile({optimizer: optimizer(ledger), loss: 'binaryCrossentropy'});
  const records = {
    numExamples: N,
    get: (indices: Int32Array) => ({x: tf.gather(x, [...indices]), y: tf.gather(y, [...indices])}),
  };
  const sampler = poissonSampler({numExamples: N, batchSize: 2});
  await fitSampled(model, records, {sampler, epochs: 1});
  expect(ledger.rows).toHaveLength(STEPS);

  page = new PageStorage();
  const streamed = (await open('new')).ledger;
  const stream = {
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < N; i += 2) yield {xs: tf.slice(x, i, 2), ys: tf.slice(y, i, 2)};
    },
  };
  await compiled(optimizer(streamed), {sampling: 'stream'}).fitDataset(stream, {epochs: 2});
  expect((await afterCrash()).rows).toHaveLength(2 * STEPS);

  page = new PageStorage();
  const trees = (await open('new')).ledger;
  const ftrl = dpFTRL({
    learningRate: 0.1,
    l2NormClip: 1,
    noiseMultiplier: 1,
    stepsPerTree: STEPS,
    ...sizes,
    ledger: trees,
  });
  await expect(compiled(ftrl, {sampling: 'shuffle'}).fit(x, y)).rejects.toThrow(
    'noise trees cannot be reserved',
  );
  expect(trees.rows).toHaveLength(0);
});
