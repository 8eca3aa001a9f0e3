import {beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';

import {registerPerExampleRule} from '../gradients/registry.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import type {Layer} from '../testing/coverage.js';
import {errorAgainstReruns} from '../testing/coverage.js';
import {normalTensor} from '../testing/tensors.js';

const B = 4;

describe('what is refused', () => {
  let w: tf.Variable;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    w = tf.variable(normalTensor([4, 4], 1));
  });

  const run = (lossFn: () => tf.Tensor): void => {
    const optimizer = dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B});
    optimizer.minimize(lossFn, false, [w]);
  };
  const x = (): tf.Tensor2D => normalTensor([B, 4], 2) as tf.Tensor2D;
  const product = (own: tf.Tensor): tf.Tensor2D => tf.matMul<tf.Tensor2D>(own, w);
  const rowMean = (tensor: tf.Tensor): tf.Tensor => tf.mean(tensor, [...tensor.shape.keys()].slice(1));
  const indices = [3, 0, 1, 2];

  const mixing: Record<string, [(own: tf.Tensor2D) => tf.Tensor, RegExp]> = {
    'examples taken apart': [(own) => tf.stack(tf.unstack(product(own))), /'Unpack'.*takes axis 0 apart/],
    'examples cut in two': [(own) => tf.concat(tf.split(product(own), 2, 0), 0), /'SplitV'.*splits axis 0/],
    'examples in reverse': [(own) => tf.reverse(product(own), 0), /'Reverse'.*reverses axis 0/],
    'examples in another order': [
      (own) => tf.gather(product(own), tf.tensor1d(indices, 'int32')),
      /'GatherV2'.*picks from axis 0/,
    ],
    'rows of examples by the indices of examples': [
      (own) => tf.gather(product(own), tf.cast(tf.argMax(own, 1), 'int32')),
      /'GatherV2'.*both its table and its indices/,
    ],
    'a strided part of the examples': [
      (own) => tf.tile(tf.stridedSlice(product(own), [0, 0], [B, 4], [2, 1]), [2, 1]),
      /'StridedSlice'.*takes a part of axis 0/,
    ],
    'the greatest of the examples': [
      (own) => tf.transpose(tf.topk(tf.transpose(product(own)), B).values),
      /'TopK'.*sorts axis 1/,
    ],
    'a running sum of ones, which tells positions apart': [
      (own) => tf.mul(product(own), tf.cumsum(tf.ones([B, 4]), 0)),
      /'Multiply'.*differ by position/,
    ],
    'padded ones, which tell positions apart': [
      (own) =>
        tf.mul(
          product(own),
          tf.pad(tf.ones([B - 1, 4]), [
            [1, 0],
            [0, 0],
          ]),
        ),
      /'Multiply'.*differ by position/,
    ],
    'ones beside zeros, which tell positions apart': [
      (own) => tf.mul(product(own), tf.concat([tf.ones([1, 4]), tf.zeros([B - 1, 4])])),
      /'Multiply'.*differ by position/,
    ],
    'constants stacked, which tell positions apart': [
      (own) => tf.mul(product(own), tf.stack([tf.ones([4]), tf.zeros([4]), tf.ones([4]), tf.ones([4])])),
      /'Multiply'.*differ by position/,
    ],
    'parameters repeated in a pattern': [
      (own) => tf.mul(product(own), tf.tile(tf.slice(w, 0, 2), [B / 2, 1])),
      /'Multiply'.*one row of parameters per position/,
    ],
    'noise of a fixed seed, a function of position': [
      (own) => tf.add(product(own), tf.randomNormal([B, 4], 0, 1, 'float32', 7)),
      /'Add'.*differ by position/,
    ],
    'the same after something else drew at random': [
      (own) => {
        // eslint-disable-next-line no-restricted-properties -- what a careless loss function may do.
        Math.random();
        return tf.add(product(own), tf.randomNormal([B, 4], 0, 1, 'float32', 7));
      },
      /'Add'.*differ by position/,
    ],
  };
  test.each(Object.entries(mixing))('%s', (_, [operation, message]) => {
    const own = x();
    expect(() => run(() => rowMean(operation(own)))).toThrow(
      expect.objectContaining({code: 'MIXES_EXAMPLES', message: expect.stringMatching(message)}),
    );
  });

  test('operations without a rule, and why their kin are', () => {
    const images = normalTensor([B, 4, 4, 1], 3) as tf.Tensor4D;
    const dilated = () => tf.pool(tf.mul<tf.Tensor4D>(images, tf.sum(w)), 2, 'max', 'valid', 2);
    expect(() => run(() => rowMean(dilated()))).toThrow(
      expect.objectContaining({
        code: 'NO_RULE',
        message: expect.stringMatching(/'SpaceToBatchND'.*near variable/),
      }),
    );
  });

  const fitted = async (layer: Layer, shape: number[]): Promise<void> => {
    const model = sequential();
    layer.batchInputShape = [null, ...shape];
    model.add(layer);
    model.add(layers.flatten());
    model.add(layers.dense({units: 2}));
    model.compile({
      optimizer: dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B}),
      loss: 'meanSquaredError',
    });
    await model.trainOnBatch(normalTensor([B, ...shape], 4), normalTensor([B, 2], 5));
  };

  test('layers, by the name of their variable', async () => {
    await expect(
      fitted(layers.conv2d({filters: 2, kernelSize: 2, dilationRate: 2}), [4, 4, 1]),
    ).rejects.toThrow(
      expect.objectContaining({
        code: 'NO_RULE',
        message: expect.stringMatching(
          /variable 'conv2d_Conv2D\d+\/kernel': dilation 2 x 2 is not 1.*freeze/,
        ),
      }),
    );
    await expect(fitted(layers.conv3dTranspose({filters: 2, kernelSize: 2}), [3, 3, 3, 1])).rejects.toThrow(
      expect.objectContaining({
        code: 'NO_RULE',
        message: expect.stringMatching(/'Conv3DBackpropInputV2'.*near variable 'conv3d_transpose/),
      }),
    );
    await expect(fitted(layers.batchNormalization({}), [3, 2])).rejects.toThrow(
      expect.objectContaining({message: expect.stringMatching(/layer 'batch_normalization/)}),
    );
  });

  test('nothing of a kernel that was registered, once its rule is known', () => {
    const own = normalTensor([B, 4], 6);
    const y = normalTensor([B, 4], 7);
    const loss = (xs?: tf.Tensor, ys?: tf.Tensor): tf.Tensor => {
      const weight = tf.einsum('ij,ij->i', xs as tf.Tensor, ys as tf.Tensor);
      return tf.mul(rowMean(tf.square(product(xs as tf.Tensor))), weight);
    };
    expect(() => errorAgainstReruns(loss, [own, y], [w])).toThrow(/'Einsum'/);
    const takeBack = registerPerExampleRule('Einsum', {
      separation: ({inputs, attrs}) =>
        attrs['equation'] === 'ij,ij->i' &&
        inputs.every(({label}) => label.kind === 'batch' && label.axis === 0)
          ? {kind: 'batch', axis: 0, inner: 1}
          : {kind: 'mixing', reason: 'only ij,ij->i is known'},
    });
    expect(errorAgainstReruns(loss, [own, y], [w])).toBeLessThan(1e-5);
    takeBack();
    expect(() => errorAgainstReruns(loss, [own, y], [w])).toThrow(/'Einsum'/);
    expect(() => registerPerExampleRule('Add', {separation: () => ({kind: 'parameter'})})).toThrow(
      "kernel must be one without a rule, got 'Add'",
    );
  });
});
