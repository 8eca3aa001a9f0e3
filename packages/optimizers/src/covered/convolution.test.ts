import {beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';
import fc from 'fast-check';

import {errorAgainstReruns, modelError, modelOf, squaredLoss, type Layer} from '../testing/coverage.js';
import {normalTensor} from '../testing/tensors.js';

const geometry = fc.record({
  examples: fc.integer({min: 1, max: 3}),
  size: fc.integer({min: 4, max: 6}),
  channels: fc.integer({min: 1, max: 3}),
  kernelSize: fc.integer({min: 1, max: 3}),
  strides: fc.integer({min: 1, max: 2}),
  padding: fc.constantFrom('same' as const, 'valid' as const),
  useBias: fc.boolean(),
  activation: fc.constantFrom('linear' as const, 'softplus' as const, 'tanh' as const),
  seed: fc.integer({min: 0, max: 1000}),
});

describe.each(['cpu', 'wasm'])('convolutions on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    ensureTrainingKernels();
  });

  type Geometry = Parameters<Parameters<typeof geometry.map>[0]>[0];
  const kinds: Record<string, [number, (own: Geometry) => Layer]> = {
    Conv1D: [1, (own) => layers.conv1d({filters: 2, ...own})],
    Conv2D: [2, (own) => layers.conv2d({filters: 2, ...own})],
    Conv3D: [3, (own) => layers.conv3d({filters: 2, ...own})],
    Conv2DTranspose: [2, (own) => layers.conv2dTranspose({filters: 2, ...own})],
    DepthwiseConv2D: [2, (own) => layers.depthwiseConv2d({depthMultiplier: 2, ...own})],
    SeparableConv2D: [2, (own) => layers.separableConv2d({filters: 3, depthMultiplier: 2, ...own})],
    'Conv2D, channels first': [2, (own) => layers.conv2d({filters: 2, dataFormat: 'channelsFirst', ...own})],
  };

  test.each(Object.entries(kinds))('random %s layers equal reruns', (_, [rank, layer]) => {
    fc.assert(
      fc.property(geometry, ({examples, size, channels, seed, ...own}) => {
        const space = new Array<number>(rank).fill(rank === 3 ? 4 : size);
        const first = (layer({...own} as Geometry).getConfig() as {dataFormat?: string}).dataFormat;
        const shape = first === 'channelsFirst' ? [channels, ...space] : [...space, channels];
        const model = modelOf(shape, [layer(own as Geometry)], seed);
        expect(modelError(model, normalTensor([examples, ...shape], seed + 50), seed)).toBeLessThan(1e-5);
        model.dispose();
      }),
      {numRuns: 8},
    );
  });

  test('Conv3D layers on top of one another equal reruns, also where padding is negative', () => {
    for (const strides of [1, 2]) {
      for (const kernelSize of [1, 2, 3]) {
        const own = {filters: 2, kernelSize, strides, padding: 'same' as const};
        const model = modelOf([4, 4, 4, 1], [layers.conv3d(own), layers.conv3d(own)]);
        expect(modelError(model, normalTensor([2, 4, 4, 4, 1], 11))).toBeLessThan(1e-5);
        model.dispose();
      }
    }
  });

  test('layers on top of one another equal reruns, so that gradients go through each', () => {
    const model = modelOf(
      [6, 6, 2],
      [
        layers.conv2d({filters: 3, kernelSize: 3, padding: 'same', activation: 'relu'}),
        layers.depthwiseConv2d({kernelSize: 2}),
        layers.separableConv2d({filters: 2, kernelSize: 2, activation: 'tanh'}),
        layers.conv2dTranspose({filters: 2, kernelSize: 2, strides: 2}),
      ],
    );
    expect(modelError(model, normalTensor([3, 6, 6, 2], 1))).toBeLessThan(1e-5);
    model.dispose();
  });

  test('the same convolution at every step, by TimeDistributed or by a reshape, equals reruns', () => {
    const distributed = modelOf(
      [3, 4, 4, 2],
      [layers.timeDistributed({layer: layers.conv2d({filters: 2, kernelSize: 2})})],
    );
    expect(modelError(distributed, normalTensor([3, 3, 4, 4, 2], 2))).toBeLessThan(1e-5);
    distributed.dispose();

    const filter = tf.variable(normalTensor([2, 2, 2, 3], 3) as tf.Tensor4D);
    const depthwise = tf.variable(normalTensor([2, 2, 3, 1], 4) as tf.Tensor4D);
    const error = errorAgainstReruns(
      (x, y) => {
        const images = tf.reshape<tf.Rank.R4>(x, [-1, 4, 4, 2]);
        const made = tf.depthwiseConv2d(
          tf.conv2d<tf.Tensor4D>(images, filter, 1, 'same'),
          depthwise,
          1,
          'valid',
        );
        return squaredLoss(y, tf.reshape(made, [-1, 3, 3, 3, 3]));
      },
      [normalTensor([2, 3, 4, 4, 2], 5), normalTensor([2, 3, 3, 3, 3], 6)],
      [filter, depthwise],
    );
    expect(error).toBeLessThan(1e-5);
    tf.dispose([filter, depthwise]);
  });

  test('fused convolutions with a bias equal reruns', () => {
    const filter = tf.variable(normalTensor([2, 2, 2, 2], 7) as tf.Tensor4D);
    const bias = tf.variable(normalTensor([4], 8) as tf.Tensor1D);
    const error = errorAgainstReruns(
      (x, y) => {
        const shape = {strides: 1, pad: 'same'} as const;
        const made = tf.fused.depthwiseConv2d({x: tf.mul<tf.Tensor4D>(x, 2), filter, bias, ...shape});
        return squaredLoss(y, made);
      },
      [normalTensor([3, 4, 4, 2], 9), normalTensor([3, 4, 4, 4], 10)],
      [filter, bias],
    );
    expect(error).toBeLessThan(1e-5);
    tf.dispose([filter, bias]);
  });
});
