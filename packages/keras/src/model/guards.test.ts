import {afterEach, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {dpSGD, privacySpent} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';

import type {DpFitArgs} from '../args/fit_args.js';
import {replaceBatchNorm} from '../layers/replace_batch_norm.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import type {DpModel} from './dp_model.js';
import type {RandomAccessDataset} from '../data/dataset.js';
import {dpSequential, makePrivate} from './factories.js';

const N = 20;
const x = tf.tensor2d(Array.from({length: N}, (_, i) => [Math.cos(i), Math.sin(i)]));
const y = tf.tensor2d(Array.from({length: N}, (_, i) => [i % 2]));

function compile(made: DpModel, privacy: Partial<PrivacyConfig> = {}, noiseMultiplier = 1): DpModel {
  made.compile({
    optimizer: dpSGD({
      learningRate: 0.1,
      l2NormClip: 1,
      noiseMultiplier,
      numMicrobatches: 4,
      expectedBatchSize: 4,
    }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
    privacy: {numExamples: N, delta: 1e-5, ...privacy},
  });
  return made;
}

function model(privacy: Partial<PrivacyConfig> = {}, noiseMultiplier?: number): DpModel {
  const dense = layers.dense({inputShape: [2], units: 1, activation: 'sigmoid', kernelRegularizer: 'l1l2'});
  return compile(dpSequential({layers: [dense]}), privacy, noiseMultiplier);
}

const warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => {
  warnings.mockClear();
});

describe('mixing layers', () => {
  const withNorm = (): LayersModel =>
    sequential({
      layers: [
        layers.dense({inputShape: [2], units: 3, name: 'first'}),
        layers.batchNormalization({name: 'norm'}),
        layers.dense({units: 1, activation: 'sigmoid', name: 'last'}),
      ],
    });

  test('are refused by name with what to use instead', () => {
    expect(() => compile(makePrivate(withNorm()))).toThrow(
      "layer 'norm' (BatchNormalization) computes with other examples than an example's own, so that no clipping bounds what one can do: await replaceBatchNorm(model)",
    );
    const lstm = layers.simpleRNN({
      units: 2,
      stateful: true,
      recurrentInitializer: 'zeros',
      batchInputShape: [4, 3, 2],
    });
    expect(() => compile(dpSequential({layers: [lstm]}))).toThrow('use stateful: false');
  });

  test('are replaced by layers that keep examples apart, and all other weights stay', async () => {
    const original = withNorm();
    const replacing = replaceBatchNorm(original);
    expect(() => makePrivate(replacing as unknown as LayersModel)).toThrow('got a promise of one: await it');
    const replaced = await replacing;
    expect(replaced.layers.map((layer) => layer.getClassName())).toEqual([
      'Dense',
      'LayerNormalization',
      'Dense',
    ]);
    for (const name of ['first', 'last']) {
      const [mine, theirs] = [replaced, original].map((m) => m.getLayer(name).getWeights()[0]!.dataSync());
      expect(mine).toEqual(theirs);
    }
    await compile(makePrivate(replaced)).fit(x, y);
    expect(original.getLayer('norm').getClassName()).toBe('BatchNormalization');
  });
});

describe('warnings', () => {
  test('of little noise and of a large epsilon come once, in words', async () => {
    for (let i = 0; i < 2; i++) await model({}, 0.2).fit(x, y);
    const said = warnings.mock.calls.map(([words]) => String(words));
    expect(said.filter((words) => words.includes('below 0.3: the noise hardly hides'))).toHaveLength(1);
    expect(said.filter((words) => words.includes('a guarantee of this size promises little'))).toHaveLength(
      1,
    );
  });
});

describe('validation', () => {
  test('on examples that are not declared public is flagged once', async () => {
    const made = model();
    for (let i = 0; i < 2; i++) await made.fit(x, y, {validationData: [x, y]});
    const said = warnings.mock.calls.filter(([words]) => String(words).includes('no epsilon covers them'));
    expect(said).toHaveLength(1);
  });

  test('splits off the last examples once they are declared, and counts the others', async () => {
    await expect(model().fit(x, y, {validationSplit: 0.2})).rejects.toThrow('say what they are');
    const made = model({validation: 'public', numExamples: 16});
    const {history} = await made.fit(x, y, {validationSplit: 0.2, batchSize: 4});
    expect(history).toHaveProperty('val_loss');
    await expect(model({validation: 'public'}).fit(x, y, {validationSplit: 0.2})).rejects.toThrow(
      'which is 16, got 20',
    );
  });

  test('gives a noisy accuracy as a release of its own, which is what there is to look at', async () => {
    const made = model({validation: 'disjoint'});
    const args = {validationData: [x, y] as const, privateValidation: {countNoise: 3}, epochs: 2};
    const {history} = await made.fit(x, y, args);
    expect(Object.keys(history)).toEqual(['loss', 'acc', 'val_private_acc', 'epsilon']);
    const rows = made.ledger!.rows.filter(({what}) => what === 'accuracyCount');
    expect(rows).toHaveLength(2);
    expect(rows[0]?.sampling).toMatchObject({kind: 'all', dataset: 'validation', disjoint: true});
    expect(privacySpent(made.ledger!, {delta: 1e-5}).otherDataSets).toHaveProperty('validation');
  });
});

describe('arguments', () => {
  test.each<[string, object]>([
    ["no argument 'stepsPerEpoch'", {stepsPerEpoch: 3}],
    ["no argument 'validationSteps'", {validationSteps: 3}],
    ['verbose must be 0 or 1, got 2', {verbose: 2}],
    ['an epoch is ceil(privacy.numExamples / batchSize) steps', {stepsPerEpoch: 3}],
    ['callbacks must be an object of functions', {callbacks: 'early'}],
    ["yieldEvery must be 'auto'", {yieldEvery: 'sometimes'}],
    ['validationData must be [x, y], got a list of 3', {validationData: [x, y, y]}],
    ['validationData[1] must be a tensor', {validationData: [x, [1, 2]]}],
    ['sampleWeight must be a tensor of one weight', {sampleWeight: [1, 2]}],
    ['countNoise must be a number in (0, 2^24], got 0', {privateValidation: {countNoise: 0}}],
    ['shuffle must agree', {shuffle: false}],
    ['shuffle must agree with privacy.sampling (\'poisson\'), got "batch"', {shuffle: 'batch'}],
    ['epochs must be an integer >= 1, got 0.5', {epochs: 0.5}],
    ['batchSize must be what the optimizer expects (expectedBatchSize 4), got 8', {batchSize: 8}],
    ['one weight for each of 20 examples, got shape [3]', {sampleWeight: tf.ones([3])}],
    ['for class 1', {classWeight: {0: 1}}],
    ['needs validationData', {privateValidation: {countNoise: 1}}],
  ])('that cannot be kept are refused: %s', async (message, args) => {
    const made = model();
    await expect(made.fit(x, y, args as DpFitArgs)).rejects.toThrow(message);
    expect(made.ledger?.rows ?? []).toHaveLength(0);
  });

  test.each<[string, unknown]>([
    ['compile needs privacy: {numExamples, delta}', undefined],
    ["privacy has no field 'epsilon'", {numExamples: N, delta: 1e-5, epsilon: 3}],
    ['privacy.delta must be in (0, 1), got 0', {numExamples: N, delta: 0}],
    ['privacy.numExamples must be an integer >= 1, got 2.5', {numExamples: 2.5, delta: 1e-5}],
    ["sampling must be 'poisson'", {numExamples: N, delta: 1e-5, sampling: 'random'}],
    ["sampling must be 'poisson'", {numExamples: N, delta: 1e-5, sampling: {kind: 'truncatedPoisson'}}],
    ["privacy.unit must be 'example'", {numExamples: N, delta: 1e-5, unit: 'user'}],
    [
      "validation must be 'public' or 'disjoint', got 'mine'",
      {numExamples: N, delta: 1e-5, validation: 'mine'},
    ],
  ])('of compile are checked before there is anything to train: %s', (message, privacy) => {
    const made = dpSequential({layers: [layers.dense({inputShape: [2], units: 1})]});
    const options = {learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 1, numMicrobatches: 4};
    const args = {optimizer: dpSGD(options), loss: 'meanSquaredError', privacy: privacy as PrivacyConfig};
    expect(() => made.compile(args)).toThrow(message);
  });

  test('that are no tensors are named', async () => {
    await expect(model().fit([[1, 2]] as unknown as tf.Tensor, y)).rejects.toThrow('x must be a tensor');
    const records = {numExamples: N, get: () => ({xs: x, ys: y})} as unknown as RandomAccessDataset;
    await expect(model().fitDataset(records)).rejects.toThrow('get(indices) must return {x, y}');
  });

  test('weigh each example by its class and by itself', async () => {
    // With all weights 0 only the regularizer and the noise move the weights.
    const losses = async (args: DpFitArgs): Promise<number> => {
      const made = compile(
        dpSequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]}),
        {sampling: 'fixed'},
      );
      const {history} = await made.fit(x, y, {...args, shuffle: false});
      return history['loss']![0] as number;
    };
    expect(await losses({sampleWeight: tf.zeros([N])})).toBe(0);
    expect(await losses({classWeight: {0: 0, 1: 0}})).toBe(0);
    expect(await losses({classWeight: {0: 0, 1: 1}})).toBeGreaterThan(0.05);
  });
});

test('releases by layersModel.fit are in the ledger, and are not forgotten', async () => {
  const made = model();
  await made.layersModel.fit(x, y, {batchSize: 4, epochs: 2});
  expect(made.ledger?.rows).toHaveLength(10);
  expect(made.privacySpent()).toMatchObject({releases: 10, neighboring: 'replaceSpecial'});
});

test('regularizers move the weights also in a step that nobody was drawn for', async () => {
  const dense = layers.dense({inputShape: [2], units: 1, kernelRegularizer: 'l1l2', useBias: false});
  const made = dpSequential({layers: [dense]});
  made.compile({
    optimizer: dpSGD({
      learningRate: 1,
      l2NormClip: 1,
      noiseMultiplier: 0,
      numMicrobatches: 1,
      expectedBatchSize: 1,
    }),
    loss: 'meanSquaredError',
    privacy: {numExamples: N, delta: 1e-5},
  });
  const kernel = (): number[] => [...dense.getWeights()[0]!.dataSync()];
  let before = kernel();
  let empty = 0;
  await made.fit(x, y, {
    callbacks: {
      onBatchEnd(_, {size}) {
        // The gradient of 0.01 |w| + 0.01 w^2 is 0.01 sign(w) + 0.02 w.
        if (size === 0) {
          empty++;
          kernel().forEach((w, i) => {
            const was = before[i]!;
            expect(w).toBeCloseTo(was - 0.01 * Math.sign(was) - 0.02 * was, 5);
          });
        }
        before = kernel();
      },
    },
  });
  expect(empty).toBeGreaterThan(0);
});
