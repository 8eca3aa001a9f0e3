// Runs in a browser's page: a worker trains with a ledger in IndexedDB and is killed, and the page goes on from its ledger.
import {DpError, dpSGD, Ledger} from '@dp/optimizers';
import {openIndexedDbLedger, type IndexedDbLedger} from '@dp/optimizers/browser';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers} from '@tensorflow/tfjs-layers';

import type {DpModel} from '../dp_model.js';
import {dpSequential} from '../factories.js';

/** What the page found. */
export interface FittedInBrowser {
  /** Updates that the worker had made when it was killed. */
  readonly said?: number;
  /** Rows of the ledger after that. */
  readonly afterKill?: number;
  /** After an epoch more, in the page and as it was read again. */
  readonly afterFit?: readonly [number, number];
  readonly epsilon?: number;
  readonly error?: string;
}

/** Steps in an epoch. */
const STEPS = 30;
const KILLED_AFTER = 20;

async function trained(store: IndexedDbLedger, epochs: number, onBatchEnd?: () => void): Promise<DpModel> {
  await tf.setBackend('cpu');
  const model = dpSequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]});
  model.compile({
    optimizer: dpSGD({
      learningRate: 0.1,
      l2NormClip: 1,
      noiseMultiplier: 1,
      numMicrobatches: 2,
      expectedBatchSize: 2,
      ledger: new Ledger(store),
    }),
    loss: 'binaryCrossentropy',
    privacy: {numExamples: 2 * STEPS, delta: 1e-5},
  });
  const [x, y] = [tf.ones([2 * STEPS, 2]), tf.ones([2 * STEPS, 1])];
  await model.fit(x, y, {epochs, ...(onBatchEnd && {callbacks: {onBatchEnd}})});
  return model;
}

/** The browser frees a killed worker's lock when it gets to it. */
async function openWhenFree(): Promise<IndexedDbLedger> {
  for (;;) {
    try {
      return await openIndexedDbLedger('fit', {expect: 'existing'});
    } catch (error) {
      if (!(error instanceof DpError && error.code === 'LEDGER_LOCKED')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function killAndGoOn(): Promise<FittedInBrowser> {
  const worker = new Worker('/page.js');
  let said = 0;
  await new Promise<void>((resolve, reject) => {
    worker.onerror = ({message}) => reject(new Error(message));
    worker.onmessage = () => {
      if (++said === KILLED_AFTER) resolve();
    };
  });
  worker.terminate();
  const store = await openWhenFree();
  const afterKill = store.rows.length;
  const model = await trained(store, 1);
  const inPage = model.ledger?.rows.length ?? NaN;
  await store.close();
  const again = await openIndexedDbLedger('fit', {expect: 'existing'});
  const afterFit = [inPage, again.rows.length] as const;
  await again.close();
  return {said, afterKill, afterFit, epsilon: model.privacySpent().epsilon};
}

if ('document' in globalThis) {
  void killAndGoOn()
    .catch((error: unknown): FittedInBrowser => ({error: String(error)}))
    .then((found) => fetch('/results', {method: 'POST', body: JSON.stringify(found)}));
} else {
  void openIndexedDbLedger('fit', {expect: 'new'}).then((store) =>
    trained(store, 1e6, () => postMessage('step')),
  );
}
