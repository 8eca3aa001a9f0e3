import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {layers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';
import {gaussianEpsilon} from '@dp/accountant';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';

import {dpAdam} from './optimizers/dp_adam.js';
import {dpRMSProp} from './optimizers/dp_rmsprop.js';
import type {PrivateOptimizer} from './optimizers/private_optimizer.js';
import {privacyReport} from './report/privacy_report.js';
import {short} from './report/words.js';
import {normalTensor, oneHotLabels} from './testing/tensors.js';

/** Written after the models of the tf.js examples: `compile` has one line to change. */
interface Example {
  readonly name: string;
  readonly build: () => LayersModel;
  readonly batch: number;
  readonly x: () => tf.Tensor;
  readonly y: () => tf.Tensor;
  readonly plain: () => tf.Optimizer;
  readonly secret: (privacy: {
    l2NormClip: number;
    noiseMultiplier: number;
    numMicrobatches: number;
  }) => PrivateOptimizer;
}

const N = 24;
const recurrentInitializer = 'glorotUniform';

const EXAMPLES: readonly Example[] = [
  {
    name: 'iris',
    build: () =>
      sequential({
        layers: [
          layers.dense({units: 10, activation: 'sigmoid', inputShape: [4]}),
          layers.dense({units: 3, activation: 'softmax'}),
        ],
      }),
    batch: 6,
    x: () => normalTensor([N, 4], 1),
    y: () => oneHotLabels(N, 3, 2),
    plain: () => tf.train.adam(0.01),
    secret: (privacy) => dpAdam({learningRate: 0.01, ...privacy}),
  },
  {
    name: 'mnist convnet',
    build: () =>
      sequential({
        layers: [
          layers.conv2d({inputShape: [28, 28, 1], kernelSize: 3, filters: 16, activation: 'relu'}),
          layers.maxPooling2d({poolSize: 2, strides: 2}),
          layers.conv2d({kernelSize: 3, filters: 32, activation: 'relu'}),
          layers.maxPooling2d({poolSize: 2, strides: 2}),
          layers.conv2d({kernelSize: 3, filters: 32, activation: 'relu'}),
          layers.flatten(),
          layers.dense({units: 64, activation: 'relu'}),
          layers.dense({units: 10, activation: 'softmax'}),
        ],
      }),
    batch: 8,
    x: () => normalTensor([N, 28, 28, 1], 3),
    y: () => oneHotLabels(N, 10, 4),
    plain: () => tf.train.rmsprop(0.001),
    secret: (privacy) => dpRMSProp({learningRate: 0.001, ...privacy}),
  },
  {
    name: 'lstm-text-generation',
    build: () =>
      sequential({
        layers: [
          // The default needs chained operations, which only `@tensorflow/tfjs` registers.
          layers.lstm({units: 16, returnSequences: true, recurrentInitializer, inputShape: [10, 12]}),
          layers.lstm({units: 16, recurrentInitializer}),
          layers.dense({units: 12, activation: 'softmax'}),
        ],
      }),
    batch: 8,
    x: () => tf.reshape(oneHotLabels(N * 10, 12, 5), [N, 10, 12]),
    y: () => oneHotLabels(N, 12, 6),
    plain: () => tf.train.rmsprop(0.01),
    secret: (privacy) => dpRMSProp({learningRate: 0.01, ...privacy}),
  },
];

describe.each(EXAMPLES)('$name', ({build, batch, x, y, plain, secret}) => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
    ensureTrainingKernels();
  });

  const EPOCHS = 2;
  const NOISE = 3;

  async function fit(optimizer: tf.Optimizer): Promise<number[]> {
    const model = build();
    model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
    const {history} = await model.fit(x(), y(), {batchSize: batch, epochs: EPOCHS});
    expect(Object.keys(history).sort()).toEqual(['acc', 'loss']);
    return history['loss'] as number[];
  }

  test('becomes private by its optimizer alone, and its plain fit tells the true epsilon', async () => {
    const losses = await fit(plain());
    expect(losses.every(Number.isFinite)).toBe(true);
    const optimizer = secret({l2NormClip: 1, noiseMultiplier: NOISE, numMicrobatches: batch});
    expect((await fit(optimizer)).every(Number.isFinite)).toBe(true);
    expect(optimizer.ledger.rows).toHaveLength((EPOCHS * N) / batch);
    const declared = {numExamples: N, batchSize: batch, oncePerEpoch: true} as const;
    const {spent, text} = privacyReport(optimizer, {delta: 1e-3, declared});
    // Each example once an epoch, twice in all: one Gaussian of noise multiplier 3 / sqrt(2).
    const truth = gaussianEpsilon({noiseMultiplier: NOISE / Math.sqrt(EPOCHS), delta: 1e-3});
    expect(spent.epsilon).toBeCloseTo(truth, 3);
    expect(text).toContain(`epsilon = ${short(spent.epsilon)} at delta = 0.001`);
    // Undeclared, every step may have held every example.
    const steps = optimizer.ledger.rows.length;
    expect(privacyReport(optimizer, {delta: 1e-3}).spent.epsilon).toBeCloseTo(
      gaussianEpsilon({noiseMultiplier: NOISE / Math.sqrt(steps), delta: 1e-3}),
      3,
    );
  });
});
