import {beforeAll, describe, expect, test} from '@jest/globals';
import {dpSGD, Ledger, privacySpent} from '@dp/optimizers';
import {seededSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {callbacks, layers} from '@tensorflow/tfjs-layers';

import type {PrivacyConfig} from '../plan/privacy.js';
import type {DpModel} from './dp_model.js';
import {dpSequential, makePrivate} from './factories.js';
import {privacyReport} from './report.js';

const N = 64;
const points = Array.from({length: N}, (_, i) => [Math.cos(i), Math.sin(3 * i)]);
const x = tf.tensor2d(points);
const y = tf.tensor2d(points.map(([a = 0, b = 0]) => [a + b > 0 ? 1 : 0]));
const privacy: PrivacyConfig = {numExamples: N, delta: 1e-5, randomSource: seededSource(5)};

function model(): DpModel {
  return dpSequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]});
}

function compiled(over: Partial<PrivacyConfig> = {}, noiseMultiplier = 1): DpModel {
  const made = model();
  made.compile({
    optimizer: dpSGD({
      learningRate: 1,
      l2NormClip: 1,
      noiseMultiplier,
      numMicrobatches: 4,
      expectedBatchSize: 4,
      randomSource: seededSource(3),
    }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
    privacy: {...privacy, ...over},
  });
  return made;
}

describe('a private model', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test('draws Poisson batches and knows its epsilon', async () => {
    const made = compiled();
    const history = await made.fit(x, y, {epochs: 3, validationData: [x, y]});
    expect(made.ledger?.rows).toHaveLength(48);
    expect(history.epoch).toEqual([0, 1, 2]);
    expect(Object.keys(history.history)).toEqual(['loss', 'acc', 'val_loss', 'val_acc', 'epsilon']);
    expect(history.history['epsilon']?.at(-1)).toBe(made.privacySpent().epsilon);
    expect(made.privacySpent()).toMatchObject({neighboring: 'addOrRemoveOne', releases: 48});
  });

  test.each(['poisson', 'shuffle'] as const)(
    'meets a target epsilon from below, and then refuses to go on (%s)',
    async (sampling) => {
      const made = model();
      made.compile({
        optimizer: (calibrated) => dpSGD({learningRate: 1, l2NormClip: 1, ...calibrated}),
        loss: 'binaryCrossentropy',
        privacy: {...privacy, sampling, targetEpsilon: 2},
      });
      await made.fit(x, y, {batchSize: 4, epochs: 2});
      const {epsilon, releases} = made.privacySpent();
      expect(releases).toBe(32);
      expect(epsilon).toBeLessThanOrEqual(2);
      expect(epsilon).toBeGreaterThan(1.99);
      await expect(made.fit(x, y, {batchSize: 4})).rejects.toMatchObject({code: 'BUDGET_SPENT'});
    },
  );

  test('stops before the step that would pass the budget', async () => {
    const made = compiled({budget: 3});
    const history = await made.fit(x, y, {epochs: 50});
    const {epsilon, releases} = made.privacySpent();
    expect(epsilon).toBeLessThanOrEqual(3);
    expect(history.epoch.length).toBeLessThan(50);
    const rows = made.ledger!.rows;
    const oneMore = [...rows, {...rows.at(-1)!, batchId: 'one more'}];
    expect(privacySpent({rows: oneMore}, {delta: 1e-5}).epsilon).toBeGreaterThan(3);
    await expect(made.fit(x, y)).rejects.toMatchObject({code: 'BUDGET_SPENT'});
    expect(made.privacySpent().releases).toBe(releases);
  });

  test('calls callbacks as tf.js does', async () => {
    const called: string[] = [];
    const made = compiled();
    await made.fit(x, y, {
      epochs: 2,
      callbacks: {
        onTrainBegin: () => void called.push('begin'),
        onEpochEnd: (epoch, logs) => void called.push(`${epoch} ${logs.epsilon > 0}`),
        onBatchEnd: (batch, logs) => {
          if (batch === 0) called.push(`batch ${logs.epsilon > 0}`);
        },
        onTrainEnd: () => void called.push('end'),
      },
    });
    expect(called).toEqual(['begin', 'batch true', '0 true', 'batch true', '1 true', 'end']);
  });

  test('stops early', async () => {
    const made = compiled();
    const early = callbacks.earlyStopping({monitor: 'val_loss', baseline: -1, patience: 0});
    const history = await made.fit(x, y, {epochs: 9, validationData: [x, y], callbacks: early});
    expect(history.epoch.length).toBeLessThan(9);
  });

  test('goes on in its ledger when it is compiled again, and begins no other', async () => {
    const made = compiled();
    await made.fit(x, y);
    const {ledger} = made;
    const again = (own: Ledger | undefined): void =>
      made.compile({
        optimizer: (calibrated) => dpSGD({learningRate: 1, l2NormClip: 1, ...calibrated}),
        loss: 'binaryCrossentropy',
        privacy: {...privacy, targetEpsilon: 4, ...(own && {ledger: own})},
      });
    expect(() => again(new Ledger())).toThrow(expect.objectContaining({code: 'LEDGER_MISSING'}));
    const other = makePrivate(made.layersModel);
    const own = dpSGD({learningRate: 1, l2NormClip: 1, noiseMultiplier: 1, numMicrobatches: 4});
    expect(() => other.compile({optimizer: own, loss: 'meanSquaredError', privacy})).toThrow(
      'which another ledger would forget',
    );
    again(undefined);
    await made.fit(x, y, {batchSize: 4});
    expect(made.ledger).toBe(ledger);
    expect(made.privacySpent().releases).toBe(32);
    expect(made.privacySpent().epsilon).toBeLessThanOrEqual(4);
  });

  test('reports what its training has cost, at the declared delta', async () => {
    const made = compiled();
    expect(() => privacyReport(made)).toThrow('nothing is planned before the first fit');
    await made.fit(x, y);
    const {spent, markdown, unit} = privacyReport(made);
    expect(spent).toEqual(made.privacySpent());
    expect(unit).toBe('example');
    expect(markdown).toContain('delta');
  });

  test('leaks no tensor', async () => {
    const made = compiled();
    await made.fit(x, y, {validationData: [x, y]});
    const before = tf.memory().numTensors;
    await made.fit(x, y, {epochs: 2, validationData: [x, y]});
    expect(tf.memory().numTensors).toBe(before);
  });
});
