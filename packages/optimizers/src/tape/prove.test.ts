import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, sequential} from '@tensorflow/tfjs-layers';

import {DpError, type DpErrorCode} from '../errors.js';
type Layer = ReturnType<typeof layers.dense | typeof layers.dropout>;

import {dpSGD} from '../optimizers/dp_sgd.js';
import {crossEntropy, variablesOf} from '../testing/models.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';

// As many examples as features and positions, so that a size could be taken for lineage.
const B = 4;

describe('the proof that examples are separate', () => {
  let x: tf.Tensor2D;
  let images: tf.Tensor4D;
  let w: tf.Variable;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    x = normalTensor([B, 4], 1) as tf.Tensor2D;
    images = normalTensor([B, 4, 4, 4], 2) as tf.Tensor4D;
    w = tf.variable(normalTensor([4, 4], 3));
  });

  const run = (lossFn: () => tf.Tensor): void => {
    const optimizer = dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B});
    optimizer.minimize(lossFn, false, [w]);
  };
  const product = (): tf.Tensor2D => tf.matMul<tf.Tensor2D>(x, w);
  const rowMean = (tensor: tf.Tensor): tf.Tensor => tf.mean(tensor, [...tensor.shape.keys()].slice(1));
  const refused = (lossFn: () => tf.Tensor, code: DpErrorCode, message: RegExp): void => {
    expect(() => run(lossFn)).toThrow(
      expect.objectContaining({code, message: expect.stringMatching(message)}),
    );
  };

  const accepted: Record<string, () => tf.Tensor> = {
    'a product, and a mean over features': () => rowMean(product()),
    'a transpose there and back': () => rowMean(tf.transpose(tf.tanh(tf.transpose(product())))),
    'a reshape there and back': () => rowMean(tf.reshape(tf.relu(tf.reshape(product(), [1, B * 4])), [B, 4])),
    'a softmax over features': () => rowMean(tf.softmax(product())),
    dropout: () => rowMean(tf.dropout(product(), 0.5)),
    'a batch statistic that the loss does not use': () => {
      tf.keep(tf.mean(product())).dispose();
      return rowMean(product());
    },
    'constants that are the same for every example': () =>
      rowMean(tf.add(product(), tf.tensor1d([1, 2, 3, 4]))),
    'a table of ones of the shape of the batch': () => rowMean(tf.mul(product(), tf.ones([B, 4]))),
  };
  test.each(Object.entries(accepted))('accepts %s', (_, lossFn) => run(lossFn));

  const mixes: Record<string, [() => tf.Tensor, RegExp]> = {
    'a mean over the examples': [
      () => rowMean(tf.sub(product(), tf.mean(product(), 0))),
      /'Mean' \(in tf.mean.*reduces over axis 0/,
    ],
    'a maximum over everything': [() => rowMean(tf.sub(product(), tf.max(product()))), /'Max'.*axis 0/],
    'a softmax over the examples': [
      () => rowMean(tf.transpose(tf.softmax(tf.transpose(product())))),
      /'Softmax'.*works along axis 1/,
    ],
    'a cumulative sum over the examples': [() => rowMean(tf.cumsum(product(), 0)), /'Cumsum'/],
    'products between the examples': [
      () => rowMean(tf.matMul(product(), product(), false, true)),
      /'BatchMatMul'.*every example meets every other/,
    ],
    'a product that sums over the examples': [
      () => rowMean(tf.matMul(tf.transpose(product()), x)),
      /'BatchMatMul'.*sums over axis/,
    ],
    'a batch added to its transpose': [
      () => rowMean(tf.add(product(), tf.transpose(product()))),
      /'Add'.*different axes/,
    ],
    'a slice of the batch': [
      () => rowMean(tf.tile(tf.slice(product(), 0, 1), [B, 1])),
      /'Slice'.*takes a part of axis 0/,
    ],
    'examples next to each other': [
      () =>
        rowMean(
          tf.slice(
            tf.pad(product(), [
              [1, 0],
              [0, 0],
            ]),
            0,
            B,
          ),
        ),
      /'PadV2'.*pads axis 0/,
    ],
    'examples joined end to end': [
      () => tf.slice(rowMean(tf.concat([product(), product()], 0)), 0, B),
      /'Concat'.*joins along axis 0/,
    ],
    'a reshape that splits the examples': [
      () => rowMean(tf.tile(tf.sum(tf.reshape(product(), [2, 2, 4]), 1), [2, 1])),
      /'Reshape'.*splits the axis/,
    ],
    'constants that differ by position in the batch': [
      () => rowMean(tf.mul(product(), tf.tensor2d([1, 2, 3, 4], [B, 1]))),
      /'Multiply'.*differ by position/,
    ],
    'parameters that differ by position in the batch': [
      () => rowMean(tf.mul(x, w)),
      /'Multiply'.*one row of parameters per position/,
    ],
    'dropout of a fixed seed, a function of position': [
      () => rowMean(tf.dropout(product(), 0.5, undefined, 7)),
      /'Multiply'.*differ by position/,
    ],
    'a convolution over the examples': [
      () =>
        rowMean(
          tf.reshape(
            tf.conv2d<tf.Tensor4D>(tf.reshape(product(), [1, B, 4, 1]), tf.ones([1, 1, 1, 1]), 1, 'same'),
            [B, 4],
          ),
        ),
      /'Conv2D'.*slides over axis 1/,
    ],
  };
  test.each(Object.entries(mixes))('refuses %s', (_, [lossFn, message]) =>
    refused(lossFn, 'MIXES_EXAMPLES', message),
  );

  test('follows operations inside fused kernels and losses of tf.js', () => {
    const y = oneHotLabels(B, 4, 4);
    run(() => crossEntropy(y, product()));
    refused(() => crossEntropy(y, tf.sub(product(), tf.mean(product(), 0))), 'MIXES_EXAMPLES', /'Mean'/);
  });

  test('names the variable that is nearest', () => {
    refused(
      () => rowMean(tf.sub(product(), tf.mean(product(), 0))),
      'MIXES_EXAMPLES',
      new RegExp(`near variable '${w.name}'`),
    );
  });

  test('refuses operations without a rule, by name', () => {
    refused(
      () => rowMean(tf.einsum('ij,jk->ik', product(), product())),
      'NO_RULE',
      /operation 'Einsum'.*near variable/,
    );
    // Space moves in front of the examples: a block's row is no example's.
    const blocks = (): tf.Tensor =>
      tf.spaceToBatchND(
        tf.mul(images, tf.sum(w)),
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      );
    refused(() => rowMean(tf.slice(blocks(), 0, B)), 'NO_RULE', /operation 'SpaceToBatchND'/);
  });

  test('refuses tensors from outside that are no batch, whatever they hold', () => {
    const others = normalTensor([7, 4], 5);
    refused(
      () => rowMean(tf.sub(product(), tf.mean(others, 0))),
      'UNKNOWN_TENSOR',
      /shape \[7, 4\].*publicTensors/,
    );
    const optimizer = dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B});
    const drawn = {id: '0', indices: new Int32Array(B), sampling: {kind: 'unknown' as const}};
    const lossFn = (): tf.Tensor => rowMean(tf.sub(product(), tf.mean(others, 0)));
    optimizer.minimizeDrawn(drawn, lossFn, {batch: [x], publicTensors: [others], varList: [w]}).dispose();
    // A tensor of B rows that was not declared is no batch either.
    const undeclared = normalTensor([B, 4], 6);
    expect(() =>
      optimizer.minimizeDrawn(drawn, () => rowMean(tf.add(product(), undeclared)), {
        batch: [x],
        varList: [w],
      }),
    ).toThrow(expect.objectContaining({code: 'UNKNOWN_TENSOR'}));
    tf.dispose([others, undeclared]);
  });

  test('refuses stacks of matrices that tf.js would match wrongly', () => {
    const stack = (shape: number[]): tf.Tensor => tf.reshape(product(), shape);
    const wrong = (): tf.Tensor =>
      rowMean(tf.matMul(stack([B, 1, 2, 2]), tf.tile(stack([B, 1, 2, 2]), [1, 2, 1, 1])));
    refused(wrong, 'MIXES_EXAMPLES', /tf.js multiplies the wrong matrices/);
    run(() => rowMean(tf.matMul(stack([B, 1, 2, 2]), stack([B, 1, 2, 2]))));
  });

  test('takes batch tensors that hold the examples at another axis, if that is declared', () => {
    const columns = normalTensor([3, B], 8);
    const optimizer = dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B});
    const drawn = {id: '0', indices: new Int32Array(B), sampling: {kind: 'unknown' as const}};
    const weights = tf.variable(normalTensor([3, 2], 9));
    const lossOf = (batch: tf.Tensor) => (): tf.Tensor => rowMean(tf.matMul(tf.transpose(batch), weights));
    const options = {batch: [columns], varList: [weights]};
    optimizer.minimizeDrawn(drawn, lossOf(columns), {...options, axis: 1}).dispose();
    expect(() => optimizer.minimizeDrawn(drawn, lossOf(columns), options)).toThrow(DpError);
    // Along the declared axis examples still may not meet.
    const centred = (): tf.Tensor => lossOf(tf.sub(columns, tf.mean(columns, 1, true)))();
    expect(() => optimizer.minimizeDrawn(drawn, centred, {...options, axis: 1})).toThrow(
      'reduces over axis 1',
    );
    tf.dispose([columns, weights]);
  });

  describe('shuts side doors', () => {
    test('reading values of the batch', () => {
      refused(
        () => rowMean(tf.mul(product(), tf.scalar(x.dataSync()[0] ?? 0))),
        'SIDE_DOOR',
        /values of a tensor.*were read/,
      );
      refused(() => rowMean(tf.mul(product(), product().arraySync()[0]?.[0] ?? 0)), 'SIDE_DOOR', /were read/);
      run(() => rowMean(tf.mul(product(), tf.range(0, 4).dataSync()[1] ?? 0)));
    });

    test('assigning variables', () => {
      const state = tf.variable(tf.zeros([B, 4]), false);
      refused(
        () => {
          state.assign(product());
          return rowMean(product());
        },
        'SIDE_DOOR',
        /was assigned while the loss was computed/,
      );
      expect(state.dataSync().every((value) => value === 0)).toBe(true);
      state.dispose();
    });

    test('gradients written by hand', () => {
      const own = tf.customGrad((a) => ({
        value: tf.square(a as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.mean(dy)),
      }));
      refused(() => rowMean(own(product())), 'SIDE_DOOR', /tf.customGrad/);
    });

    test('and opens them again afterwards', () => {
      expect(x.dataSync()).toHaveLength(4 * B);
      w.assign(tf.add(w, 0));
    });
  });

  describe('of a loss', () => {
    test('takes a mean, and refuses what is none', () => {
      run(() => tf.mean(product()));
      refused(() => tf.sum(product()), 'LOSS_FORM', /16 times the mean/);
      refused(() => tf.max(product()), 'LOSS_FORM', /ends in operation 'Max'/);
      refused(
        () => tf.div(tf.sum(product()), tf.sum(tf.cast(tf.greater(x, 0), 'float32'))),
        'LOSS_FORM',
        /is not a constant/,
      );
      refused(() => tf.add(tf.mean(product()), tf.mean(tf.square(x))), 'LOSS_FORM', /two parts/);
      refused(() => tf.mean(product(), 0), 'MIXES_EXAMPLES', /'Mean'/);
      refused(() => tf.mul(tf.sum(w), 1), 'LOSS_FORM', /./);
    });

    test('refuses private gradients inside of other gradients', () => {
      const inside = () =>
        tf.variableGrads(() => {
          run(() => rowMean(product()));
          return tf.scalar(0);
        }, [w]);
      expect(inside).toThrow('inside another gradient');
    });
  });

  describe('of layers', () => {
    const fit = async (...added: Layer[]): Promise<void> => {
      const model = sequential({layers: [layers.dense({inputShape: [4], units: 4}), ...added]});
      model.compile({
        optimizer: dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B}),
        loss: 'meanSquaredError',
      });
      await model.trainOnBatch(x, x);
      expect(variablesOf(model).length).toBeGreaterThan(0);
      model.dispose();
    };

    test('takes dropout', async () => {
      await fit(layers.dropout({rate: 0.3}));
    });

    test('refuses recurrent layers that carry states from batch to batch', async () => {
      const model = sequential({
        layers: [
          layers.simpleRNN({
            units: 2,
            stateful: true,
            batchInputShape: [B, 3, 2],
            recurrentInitializer: 'zeros',
          }),
        ],
      });
      model.compile({
        optimizer: dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B}),
        loss: 'meanSquaredError',
      });
      await expect(model.trainOnBatch(normalTensor([B, 3, 2], 7), normalTensor([B, 2], 8))).rejects.toThrow(
        expect.objectContaining({
          code: 'UNKNOWN_TENSOR',
          message: expect.stringMatching(/near variable 'simple_rnn.*stateful: true/),
        }),
      );
    });
  });
});
