import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {layers, sequential, type Sequential} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';
import fc from 'fast-check';

import {crossEntropy, mlp, smallCnn, variablesOf} from '../testing/models.js';
import {perExampleGradients, rerunGradients, worstRelativeError} from '../testing/per_example.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';

const meanSquared = (y: tf.Tensor, p: tf.Tensor): tf.Tensor =>
  tf.mean(tf.squaredDifference(p, y), [...p.shape.keys()].slice(1));

/** Fast path, one-hot loop and reruns on single examples must agree. */
function expectEqualPaths(
  model: Sequential,
  x: tf.Tensor,
  y: tf.Tensor,
  loss: (y: tf.Tensor, p: tf.Tensor) => tf.Tensor = meanSquared,
): void {
  const variables = variablesOf(model);
  const lossOf = (xs: tf.Tensor, ys: tf.Tensor) => loss(ys, model.apply(xs, {training: true}) as tf.Tensor);
  const rerun = rerunGradients(lossOf, x, y, variables);
  expect(rerun.flat(2).some((value) => value !== 0)).toBe(true);
  for (const strategy of ['fast', 'loop'] as const) {
    expect(
      worstRelativeError(
        perExampleGradients(() => lossOf(x, y), variables, strategy),
        rerun,
      ),
    ).toBeLessThan(1e-5);
  }
}

describe.each(['cpu', 'wasm'])('per-example gradients on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    ensureTrainingKernels();
  });

  test("the tutorial's kind of network equals both loops", () => {
    expectEqualPaths(smallCnn(), normalTensor([5, 14, 14, 1], 1), oneHotLabels(5, 4, 2), crossEntropy);
  });

  test.each(['relu', 'tanh', 'sigmoid', 'elu'] as const)(
    'a dense network with %s equals both loops',
    (activation) => {
      expectEqualPaths(mlp(activation), normalTensor([4, 5], 3), oneHotLabels(4, 3, 4), crossEntropy);
    },
  );

  test('random convolutions and pools equal both loops', () => {
    fc.assert(
      fc.property(
        fc.record({
          batch: fc.integer({min: 1, max: 4}),
          size: fc.integer({min: 5, max: 9}),
          channels: fc.integer({min: 1, max: 3}),
          filters: fc.integer({min: 1, max: 5}),
          kernelSize: fc.integer({min: 1, max: 4}),
          strides: fc.integer({min: 1, max: 3}),
          padding: fc.constantFrom('same' as const, 'valid' as const),
          useBias: fc.boolean(),
          activation: fc.constantFrom('linear' as const, 'relu' as const, 'tanh' as const),
          pool: fc.constantFrom('max', 'average', 'none'),
          seed: fc.integer({min: 0, max: 1000}),
        }),
        ({batch, size, channels, pool, seed, ...conv}) => {
          const model = sequential();
          model.add(layers.conv2d({inputShape: [size, size, channels], ...conv}));
          if (pool === 'max') model.add(layers.maxPooling2d({poolSize: 2, strides: 1, padding: 'same'}));
          if (pool === 'average')
            model.add(layers.averagePooling2d({poolSize: 2, strides: 1, padding: 'same'}));
          model.add(layers.conv2d({filters: 2, kernelSize: 1, activation: 'sigmoid'}));
          const output = [batch, ...(model.outputShape as number[]).slice(1)];
          expectEqualPaths(
            model,
            normalTensor([batch, size, size, channels], seed),
            normalTensor(output, seed + 1),
          );
          model.dispose();
        },
      ),
      {numRuns: 12},
    );
  });

  test('dense layers on sequences, and one-dimensional convolutions, equal both loops', () => {
    const model = sequential({
      layers: [
        layers.conv1d({inputShape: [7, 3], filters: 4, kernelSize: 3, strides: 2, activation: 'relu'}),
        layers.dense({units: 5, activation: 'softplus'}),
        layers.dense({units: 2, useBias: false}),
      ],
    });
    // As many examples as positions: sizes must not be taken for lineage.
    expectEqualPaths(model, normalTensor([3, 7, 3], 5), normalTensor([3, 3, 2], 6));
  });

  test('every activation layer of tf.js equals both loops', () => {
    for (const activation of [
      'elu',
      'hardSigmoid',
      'linear',
      'relu',
      'relu6',
      'selu',
      'sigmoid',
      'softmax',
      'softplus',
      'softsign',
      'tanh',
      'swish',
      'mish',
    ] as const) {
      const model = sequential({
        layers: [
          layers.dense({inputShape: [4], units: 5}),
          layers.activation({activation}),
          layers.dense({units: 2}),
        ],
      });
      expectEqualPaths(model, normalTensor([3, 4], 7), normalTensor([3, 2], 8));
      model.dispose();
    }
  });

  test('a layer that is used twice adds its contributions before anything else', () => {
    const shared = layers.dense({inputShape: [4], units: 4, activation: 'tanh'});
    const model = sequential({layers: [shared]});
    const [kernel, bias] = variablesOf(model) as [tf.Variable, tf.Variable];
    const lossOf = (x: tf.Tensor, y: tf.Tensor) =>
      meanSquared(y, model.apply(model.apply(tf.mul(x, 2))) as tf.Tensor);
    const x = normalTensor([3, 4], 9);
    const y = normalTensor([3, 4], 10);
    const rerun = rerunGradients(lossOf, x, y, [kernel, bias]);
    expect(
      worstRelativeError(
        perExampleGradients(() => lossOf(x, y), [kernel, bias]),
        rerun,
      ),
    ).toBeLessThan(1e-5);
  });

  test('scales and shifts by a variable equal both loops', () => {
    const scale = tf.variable(normalTensor([3], 11));
    const shift = tf.variable(normalTensor([2, 1], 12));
    const whole = tf.variable(tf.scalar(0.7));
    const lossOf = (x: tf.Tensor, y: tf.Tensor) =>
      meanSquared(y, tf.mul(tf.sub(tf.mul(x, scale), shift), whole));
    const x = normalTensor([4, 2, 3], 13);
    const y = normalTensor([4, 2, 3], 14);
    const variables = [scale, shift, whole];
    const rerun = rerunGradients(lossOf, x, y, variables);
    expect(
      worstRelativeError(
        perExampleGradients(() => lossOf(x, y), variables),
        rerun,
      ),
    ).toBeLessThan(1e-5);
    tf.dispose(variables);
  });

  test('a mean of the losses and their vector give the same gradients', () => {
    const model = mlp();
    const x = normalTensor([4, 5], 15);
    const y = oneHotLabels(4, 3, 16);
    const losses = () => crossEntropy(y, model.apply(x) as tf.Tensor);
    const vector = perExampleGradients(losses, variablesOf(model));
    expect(perExampleGradients(() => tf.mean(losses()), variablesOf(model))).toEqual(vector);
    expect(perExampleGradients(() => tf.div(tf.sum(losses()), 4), variablesOf(model))).toEqual(vector);
    const byDefault = () => tf.losses.softmaxCrossEntropy(y, model.apply(x) as tf.Tensor);
    expect(perExampleGradients(() => tf.mean(byDefault()), variablesOf(model))).toEqual(vector);
  });
});
