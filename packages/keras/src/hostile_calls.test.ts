import {beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {DpError, dpSGD, Ledger, poissonSampler} from '@dp/optimizers';
import {seededSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, sequential} from '@tensorflow/tfjs-layers';

import {violations, type HostileCall, type Untested} from '../../../tools/testing/hostile_calls.js';
import * as keras from './index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});

const N = 8;
const x = tf.ones([N, 2]);
const y = tf.zeros([N, 1]);
const randomSource = seededSource(1);

const optimizer = (ledger = new Ledger()) =>
  dpSGD({
    learningRate: 0.1,
    l2NormClip: 1,
    noiseMultiplier: 1,
    numMicrobatches: 2,
    expectedBatchSize: 2,
    ledger,
  });
const modelOf = () =>
  sequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]});

function compiled(privacy: keras.PrivacyConfig = {numExamples: N, delta: 1e-5}): keras.DpModel {
  const model = keras.makePrivate(modelOf());
  model.compile({optimizer: optimizer(), loss: 'binaryCrossentropy', privacy});
  return model;
}

const PRIVACY = {
  numExamples: N,
  delta: 1e-5,
  budget: 50,
  sampling: 'poisson',
  unit: 'example',
  validation: 'public',
  plannedEpochs: 2,
  randomSource,
};
const FIT = {
  batchSize: 2,
  epochs: 1,
  initialEpoch: 0,
  verbose: 0,
  yieldEvery: 'never',
  maxPhysicalBatch: 2,
  shuffle: true,
  workers: 1,
  validationSplit: 0.5,
};

const CALLS: Readonly<Record<keyof typeof keras, HostileCall | Untested>> = {
  DpModel: {
    args: [PRIVACY],
    whole: ['0.randomSource'],
    // As objects they are other choices, which are checked by their fields.
    free: ['0.sampling', '0.unit'],
    call: async (privacy) => {
      await compiled(privacy).fit(x, y);
    },
  },
  makePrivate: {
    args: [FIT],
    free: ['0.yieldEvery', '0.workers'],
    call: async (args: keras.DpFitArgs) => {
      await compiled({numExamples: N / 2, delta: 1e-5, validation: 'public'}).fit(x, y, args);
    },
  },
  dpModel: 'as tf.model',
  dpSequential: 'as tf.sequential',
  privacyReport: 'asks the optimizers',
  fitSampled: {
    args: [{epochs: 1, maxPhysicalBatch: 2, workers: 1}],
    free: ['0.workers'],
    call: async (options: object) => {
      const model = modelOf();
      model.compile({optimizer: optimizer(), loss: 'binaryCrossentropy'});
      const sampler = poissonSampler({numExamples: N, batchSize: 2});
      const dataset = {
        numExamples: N,
        get: (at: Int32Array) => ({x: tf.ones([at.length, 2]), y: tf.zeros([at.length, 1])}),
      };
      await keras.fitSampled(model, dataset, {sampler, ...options} as never);
    },
  },
  replaceBatchNorm: 'takes a model alone',
  trainableVariables: 'takes a model alone',
};

test.each(Object.keys(keras) as (keyof typeof keras)[])('%s takes no absurd value', async (name) => {
  const entry = (CALLS as Readonly<Partial<Record<string, HostileCall | Untested>>>)[name];
  if (entry === undefined) throw new Error(`the export ${name} has no entry in this table`);
  if (typeof entry === 'string') return;
  await expect(violations(name, entry.call as never, entry)).resolves.toEqual([]);
});

describe('what cannot be trained on is refused before anything is released', () => {
  const shapes: Readonly<Record<string, [tf.Tensor, tf.Tensor]>> = {
    'inputs of another width': [tf.ones([N, 3]), y],
    'inputs of another rank': [tf.ones([N, 2, 1]), y],
    'a scalar': [tf.scalar(1), y],
    'labels of another width': [x, tf.zeros([N, 2])],
    'labels of another rank': [x, tf.zeros([N, 1, 1])],
    'fewer labels than inputs': [x, tf.zeros([N - 1, 1])],
    'fewer records than declared': [tf.ones([N - 1, 2]), tf.zeros([N - 1, 1])],
    'no records': [tf.ones([0, 2]), tf.zeros([0, 1])],
    'text inputs': [tf.tensor2d(Array(N * 2).fill('1'), [N, 2], 'string'), y],
    'complex inputs': [tf.complex(tf.ones([N, 2]), tf.ones([N, 2])), y],
    'text labels': [x, tf.tensor2d(Array(N).fill('1'), [N, 1], 'string')],
  };
  test.each(Object.keys(shapes))('%s', async (name) => {
    const [xs, ys] = shapes[name]!;
    const model = compiled();
    const before = model.layersModel.getWeights().map((weight) => [...weight.dataSync()]);
    await expect(model.fit(xs, ys)).rejects.toThrow(/.{20}/);
    expect(model.ledger?.rows ?? []).toEqual([]);
    expect(model.layersModel.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
  });
});

describe('what is trained on without telling', () => {
  const broken = [NaN, Infinity, -Infinity, 3e38];
  test.each([
    ...broken.map((value) => ['an input', value, tf.fill([N, 2], value), y] as const),
    ...broken.map((value) => ['a label', value, x, tf.fill([N, 1], value)] as const),
  ])('%s of %d: the record is left out, and the weights stay finite', async (_, __, xs, ys) => {
    const model = compiled();
    await model.fit(xs, ys);
    for (const weight of model.layersModel.getWeights())
      expect(weight.dataSync().every((value) => Number.isFinite(value))).toBe(true);
    expect(model.ledger?.rows).toHaveLength(N / 2);
  });

  test.each([NaN, Infinity, -1, 0])('sample weights of %d', async (value) => {
    const model = compiled();
    await model.fit(x, y, {sampleWeight: tf.fill([N], value)});
    for (const weight of model.layersModel.getWeights())
      expect(weight.dataSync().every((each) => Number.isFinite(each))).toBe(true);
    expect(model.ledger?.rows).toHaveLength(N / 2);
  });

  test('integers and truth values, as what they are worth', async () => {
    for (const dtype of ['int32', 'bool'] as const) {
      const model = compiled();
      await model.fit(tf.cast(x, dtype), tf.cast(y, dtype));
      expect(model.ledger?.rows).toHaveLength(N / 2);
    }
  });

  test('one record, one batch', async () => {
    const model = keras.makePrivate(modelOf());
    model.compile({
      optimizer: dpSGD({
        learningRate: 0.1,
        l2NormClip: 1,
        noiseMultiplier: 1,
        numMicrobatches: 1,
        expectedBatchSize: 1,
      }),
      loss: 'binaryCrossentropy',
      privacy: {numExamples: 1, delta: 1e-5},
    });
    await model.fit(tf.ones([1, 2]), tf.ones([1, 1]), {epochs: 3});
    expect(model.ledger?.rows).toHaveLength(3);
  });
});

test('a label that names no class is refused, or its record is left out', async () => {
  const model = keras.makePrivate(
    sequential({layers: [layers.dense({inputShape: [2], units: 3, activation: 'softmax'})]}),
  );
  model.compile({
    optimizer: optimizer(),
    loss: 'sparseCategoricalCrossentropy',
    privacy: {numExamples: N, delta: 1e-5},
  });
  for (const label of [3, -1, 1e9]) {
    try {
      await model.fit(x, tf.fill([N, 1], label));
    } catch (error) {
      expect(error).toBeInstanceOf(DpError);
    }
    for (const weight of model.layersModel.getWeights())
      expect(weight.dataSync().every((value) => Number.isFinite(value))).toBe(true);
  }
});
