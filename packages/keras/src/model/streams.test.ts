import {beforeAll, describe, expect, test} from '@jest/globals';
import {gaussianEpsilon} from '@dp/accountant';
import {dpSGD, Ledger, type PrivateOptimizer} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as data from '@tensorflow/tfjs-data';
import {layers} from '@tensorflow/tfjs-layers';

import type {BatchStream, StreamBatch} from '../data/stream.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import type {DpModel} from './dp_model.js';
import {dpSequential} from './factories.js';

const N = 10;
const DELTA = 1e-5;
const rows = Array.from({length: N}, (_, i) => [Math.cos(i), Math.sin(3 * i)]);

/** Batches of records by number. */
function streamOf(batches: readonly (readonly number[])[], withIds = false): AsyncIterable<StreamBatch> {
  return {
    async *[Symbol.asyncIterator]() {
      for (const batch of batches) {
        yield {
          xs: tf.tensor2d(batch.map((i) => rows[i % N]!)),
          ys: tf.tensor2d(batch.map((i) => [i % 2])),
          ...(withIds && {ids: batch}),
        };
      }
    },
  };
}

const GOOD = [
  [9, 8, 7, 6],
  [0, 1, 2, 3],
  [4, 5],
];

/** As the `tf.data` of tf.js delivers them. */
const dataset = (): data.Dataset<tf.TensorContainer> =>
  data.array(rows.map((xs, i) => ({xs, ys: [i % 2]}))).batch(4);

const optimizer = (noiseMultiplier = 2, ledger = new Ledger()): PrivateOptimizer =>
  dpSGD({learningRate: 1, l2NormClip: 1, noiseMultiplier, numMicrobatches: 4, expectedBatchSize: 4, ledger});

function compiled(
  privacy: Partial<PrivacyConfig> = {},
  own: PrivateOptimizer | undefined = optimizer(),
): DpModel {
  const model = dpSequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]});
  model.compile({
    optimizer: own,
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
    privacy: {numExamples: N, delta: DELTA, sampling: 'stream', ...privacy},
  });
  return model;
}

const weightsOf = (model: DpModel): number[] =>
  model.layersModel.getWeights().flatMap((weight) => [...weight.dataSync()]);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('fitDataset on a stream', () => {
  test.each<[string, () => BatchStream]>([
    ['a tf.data.Dataset', dataset],
    ['an async iterable', () => streamOf(GOOD, true)],
  ])('%s is one Gaussian an epoch, without amplification', async (_, stream) => {
    const model = compiled();
    const {history} = await model.fitDataset(stream(), {epochs: 3});
    expect(model.ledger?.rows.map(({sampling}) => sampling.kind)).toEqual(Array(9).fill('stream'));
    const spent = model.privacySpent();
    expect(spent).toMatchObject({neighboring: 'replaceSpecial', releases: 9});
    const ofThree = gaussianEpsilon({noiseMultiplier: 2 / Math.sqrt(3), delta: DELTA});
    expect(spent.epsilon / ofThree).toBeCloseTo(1, 5);
    expect(history['epsilon']).toHaveLength(3);
    expect(history['loss']).toHaveLength(3);
  });

  test('its steps are those of the same batches by index', async () => {
    const byIndex = compiled({sampling: 'fixed'}, optimizer(0));
    const streamed = compiled({}, optimizer(0));
    streamed.layersModel.setWeights(byIndex.layersModel.getWeights());
    const order = GOOD.flat();
    const records = {
      numExamples: N,
      get: (indices: Int32Array) => {
        const of = Array.from(indices, (i) => order[i]!);
        return {x: tf.tensor2d(of.map((i) => rows[i]!)), y: tf.tensor2d(of.map((i) => [i % 2]))};
      },
    };
    await byIndex.fitDataset(records, {epochs: 2});
    await streamed.fitDataset(streamOf(GOOD), {epochs: 2, maxPhysicalBatch: 3});
    expect(weightsOf(streamed)).toEqual(weightsOf(byIndex));
  });

  test('noise is calibrated for it, and the budget ends it', async () => {
    const model = dpSequential({layers: [layers.dense({inputShape: [2], units: 1})]});
    model.compile({
      optimizer: (calibrated) => dpSGD({learningRate: 1, l2NormClip: 1, ...calibrated}),
      loss: 'meanSquaredError',
      privacy: {numExamples: N, delta: DELTA, sampling: 'stream', targetEpsilon: 2},
    });
    await model.fitDataset(dataset(), {batchSize: 4, epochs: 2});
    expect(model.privacySpent().epsilon).toBeGreaterThan(1.99);
    expect(model.privacySpent().epsilon).toBeLessThanOrEqual(2);
    await expect(model.fitDataset(dataset(), {batchSize: 4})).rejects.toMatchObject({code: 'BUDGET_SPENT'});
  });

  test('an epoch that was left begins anew, and counts again', async () => {
    const model = compiled();
    const stop = {onBatchEnd: () => void (model.layersModel.stopTraining = true)};
    await model.fitDataset(streamOf(GOOD), {callbacks: stop});
    await model.fitDataset(streamOf(GOOD));
    const epochs = model.ledger!.rows.map(({sampling}) => (sampling as {readonly epoch: number}).epoch);
    expect(epochs).toEqual([0, 1, 1, 1]);
  });

  test('a checkpoint inside an epoch goes on with the whole of it', async () => {
    const batches: number[] = [];
    const ledger = new Ledger();
    const killed = compiled({}, optimizer(2, ledger));
    const stop = {onBatchEnd: () => void (killed.layersModel.stopTraining = true)};
    await killed.fitDataset(streamOf(GOOD), {epochs: 2, callbacks: stop});
    const bytes = await killed.checkpoint();
    const resumed = compiled({}, optimizer(2, ledger));
    await resumed.restore(bytes);
    const callbacks = {onBatchBegin: (batch: number) => void batches.push(batch)};
    await resumed.fitDataset(streamOf(GOOD), {epochs: 2, callbacks});
    expect(batches).toEqual([0, 1, 2, 0, 1, 2]);
    const ofThree = gaussianEpsilon({noiseMultiplier: 2 / Math.sqrt(3), delta: DELTA});
    expect(resumed.privacySpent().epsilon / ofThree).toBeCloseTo(1, 5);
  });

  test('leaks no tensor, whether it ends well or not', async () => {
    const model = compiled();
    await model.fitDataset(dataset());
    const before = tf.memory().numTensors;
    await model.fitDataset(dataset());
    await model.fitDataset(streamOf(GOOD));
    for (const bad of [GOOD.slice(1), GOOD.slice(0, 2), [...GOOD, [1]]])
      await expect(model.fitDataset(streamOf(bad))).rejects.toThrow('an epoch is declared as');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('what a stream is refused for', () => {
  test.each<[string, string, () => BatchStream, number]>([
    ['more records', 'the stream delivers more', () => streamOf([...GOOD, [1]]), 2],
    ['fewer', 'the stream ended after 2 batches', () => streamOf(GOOD.slice(0, 2)), 2],
    [
      'a short batch that is not the last',
      '2 records as batch 0, where 4',
      () => streamOf([[1, 2], ...GOOD]),
      0,
    ],
    ['a larger one', '5 records as batch 1, where 4', () => streamOf([GOOD[0]!, [0, 1, 2, 3, 4]]), 1],
    ['a record twice', 'a record twice', () => streamOf([GOOD[0]!, [0, 1, 2, 9]], true), 1],
    ['.repeat()', 'Infinity batches by its own account', () => dataset().repeat(), 0],
    ['too many batches', '4 batches by its own account', () => dataset().concatenate(dataset().take(1)), 0],
    ['no {xs, ys}', 'must deliver batches {xs, ys}', () => data.array([[1], [2], [3]]), 0],
  ])('%s: before the batch takes part', async (_, message, stream, released) => {
    const model = compiled();
    await expect(model.fitDataset(stream())).rejects.toThrow(message);
    expect(model.ledger?.rows ?? []).toHaveLength(released);
  });

  test('an iterator that can be read once is no stream of two epochs', async () => {
    const model = compiled();
    const once = streamOf(GOOD)[Symbol.asyncIterator]();
    const stream = {[Symbol.asyncIterator]: () => once};
    await expect(model.fitDataset(stream, {epochs: 2})).rejects.toThrow('ended after 0 batches');
    expect(model.ledger?.rows).toHaveLength(3);
  });

  test('sampling that it is not', async () => {
    await expect(compiled({sampling: 'poisson'}).fitDataset(dataset())).rejects.toThrow(
      "a stream can't be sampled by privacy.sampling: 'poisson'",
    );
    const byIndex = {numExamples: N, get: () => ({x: tf.tensor([1]), y: tf.tensor([1])})};
    await expect(compiled().fitDataset(byIndex)).rejects.toThrow("'stream' is for fitDataset with a stream");
    await expect(compiled().fit(tf.zeros([N, 2]), tf.zeros([N, 1]))).rejects.toThrow("'stream' is for");
    await expect(compiled().fitDataset([] as unknown as BatchStream)).rejects.toThrow(
      'takes records by index, {numExamples, get(indices)}, or a stream',
    );
  });
});
