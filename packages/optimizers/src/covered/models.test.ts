import {beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  layers,
  model as modelFrom,
  type LayersModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';

import {dpSGD} from '../optimizers/dp_sgd.js';
import {errorAgainstReruns, randomized, squaredLoss, type LossOf} from '../testing/coverage.js';
import {variablesOf} from '../testing/models.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';

const B = 3;

describe.each(['cpu', 'wasm'])('models on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    ensureTrainingKernels();
  });

  type Symbolic = SymbolicTensor;
  const apply = (layer: {apply: (x: never) => unknown}, x: Symbolic | Symbolic[]): Symbolic =>
    layer.apply(x as never) as Symbolic;
  /** The summed squared losses of all outputs, each against zero but for the first. */
  const lossOf =
    (model: LayersModel, inputs: number): LossOf =>
    (...tensors) => {
      const made = model.apply(tensors.slice(0, inputs), {training: true});
      const outputs = (Array.isArray(made) ? made : [made]) as tf.Tensor[];
      return tf.addN(outputs.map((output, i) => squaredLoss(tensors[inputs + i] as tf.Tensor, output)));
    };
  const check = (inputs: Symbolic[], outputs: Symbolic[]): void => {
    const model = randomized(modelFrom({inputs, outputs}));
    const tensors = [...inputs, ...outputs].map(({shape}, i) =>
      normalTensor([B, ...(shape.slice(1) as number[])], 20 + i),
    );
    expect(errorAgainstReruns(lossOf(model, inputs.length), tensors, variablesOf(model))).toBeLessThan(1e-5);
    model.dispose();
  };
  const dense = (units = 3, activation: 'tanh' | 'linear' = 'tanh') => layers.dense({units, activation});

  const merges = {
    Add: () => layers.add(),
    Multiply: () => layers.multiply(),
    Average: () => layers.average(),
    Maximum: () => layers.maximum(),
    Minimum: () => layers.minimum(),
    Concatenate: () => layers.concatenate(),
    'Concatenate along steps': () => layers.concatenate({axis: 1}),
    Dot: () => layers.dot({axes: 2}),
    'Dot of unit vectors': () => layers.dot({axes: [1, 2], normalize: true}),
  };
  test.each(Object.entries(merges))('%s of two inputs equals reruns', (_, merge) => {
    const [a, b] = [input({shape: [3, 3]}), input({shape: [3, 3]})];
    check([a, b], [apply(merge(), [apply(dense(), a), apply(dense(), b)])]);
  });

  test('a merge that broadcasts, several inputs and outputs, equals reruns', () => {
    const [a, b] = [input({shape: [3, 3]}), input({shape: [1, 3]})];
    const sum = apply(layers.add(), [apply(dense(), a), apply(dense(), b)]);
    check([a, b], [apply(dense(2), sum), apply(dense(4, 'linear'), sum)]);
  });

  test('shared layers and residual connections equal reruns', () => {
    const shared = dense();
    const [a, b] = [input({shape: [3]}), input({shape: [3]})];
    const [x, y] = [apply(shared, a), apply(shared, b)];
    const residual = apply(layers.add(), [x, apply(shared, y)]);
    check([a, b], [residual]);
  });

  test('frozen layers equal reruns, whether gradients pass through them or not', () => {
    const x = input({shape: [4, 4, 2]});
    const first = layers.conv2d({filters: 2, kernelSize: 2, trainable: false});
    const middle = layers.conv2d({filters: 2, kernelSize: 2, trainable: false});
    const last = layers.separableConv2d({filters: 2, kernelSize: 2});
    check([x], [apply(last, apply(middle, apply(layers.prelu(), apply(first, x))))]);
  });

  test('an embedding that is also the output layer, transposed or by a transposing product, equals reruns', () => {
    const products: ((words: tf.Tensor2D, table: tf.Variable) => tf.Tensor)[] = [
      (words, table) => tf.matMul(words, table, false, true),
      (words, table) => tf.matMul(words, tf.transpose(table)),
    ];
    for (const product of products) {
      const table = tf.variable(normalTensor([5, 3], 30));
      const x = tf.tensor2d([0, 1, 1, 4, 4, 4, 2, 3, 1], [3, 3], 'int32');
      const loss: LossOf = (own, target) => {
        const words = tf.tanh(tf.gather(table, tf.cast(own, 'int32')));
        const logits = product(tf.reshape<tf.Rank.R2>(words, [-1, 3]), table);
        return squaredLoss(target, tf.reshape(logits, [-1, 3, 5]));
      };
      expect(errorAgainstReruns(loss, [x, normalTensor([3, 3, 5], 31)], [table])).toBeLessThan(1e-5);
      table.dispose();
    }
  });

  describe('built-in losses', () => {
    const ofLayers = [
      ...[
        'meanSquaredError',
        'meanAbsoluteError',
        'meanAbsolutePercentageError',
        'meanSquaredLogarithmicError',
      ],
      ...[
        'squaredHinge',
        'hinge',
        'categoricalHinge',
        'logcosh',
        'categoricalCrossentropy',
        'binaryCrossentropy',
      ],
      ...['sparseCategoricalCrossentropy', 'kullbackLeiblerDivergence', 'poisson', 'cosineProximity'],
    ];
    test.each(ofLayers.flatMap((name) => [[name, [3]] as const, [name, [3, 3]] as const]))(
      '%s of shape [B, %p] trains a model as without privacy, if nothing is clipped and no noise added',
      async (loss, shape) => {
        const step = async (optimizer: tf.Optimizer): Promise<Float32Array[]> => {
          const x = input({shape: [...shape]});
          const model = randomized(
            modelFrom({
              inputs: x,
              outputs: apply(layers.dense({units: 3, activation: 'softmax', kernelRegularizer: 'l1l2'}), x),
            }),
          );
          model.compile({optimizer, loss});
          const rows = shape.length === 1 ? B : 3 * B;
          const classes = oneHotLabels(rows, 3, 32);
          const y = loss.startsWith('sparse')
            ? tf.reshape(tf.argMax(classes, -1), [B, ...shape.slice(0, -1), 1])
            : tf.reshape(tf.add(tf.mul(classes, 0.9), 0.03), [B, ...shape]);
          await model.trainOnBatch(normalTensor([B, ...shape], 33), tf.cast(y, 'float32'));
          const weights = variablesOf(model).map((variable) => variable.dataSync<'float32'>().slice());
          model.dispose();
          return weights;
        };
        const plain = await step(tf.train.sgd(0.1));
        const own = await step(
          dpSGD({learningRate: 0.1, l2NormClip: 1e4, noiseMultiplier: 0, numMicrobatches: B}),
        );
        own.forEach((values, v) =>
          values.forEach((value, i) => expect(Math.abs(value - (plain[v]?.[i] ?? NaN))).toBeLessThan(1e-4)),
        );
      },
    );

    const NONE = tf.Reduction.NONE;
    const ofCore: Record<string, (y: tf.Tensor, p: tf.Tensor, weights: tf.Tensor) => tf.Tensor> = {
      absoluteDifference: (y, p, weights) => tf.losses.absoluteDifference(y, p, weights, NONE),
      cosineDistance: (y, p, weights) => tf.losses.cosineDistance(y, p, 1, weights, NONE),
      hingeLoss: (y, p, weights) => tf.losses.hingeLoss(y, p, weights, NONE),
      huberLoss: (y, p, weights) => tf.losses.huberLoss(y, p, weights, 0.5, NONE),
      logLoss: (y, p, weights) => tf.losses.logLoss(y, tf.sigmoid(p), weights, 1e-7, NONE),
      meanSquaredError: (y, p, weights) => tf.losses.meanSquaredError(y, p, weights, NONE),
      sigmoidCrossEntropy: (y, p, weights) => tf.losses.sigmoidCrossEntropy(y, p, weights, 0.1, NONE),
      softmaxCrossEntropy: (y, p, weights) =>
        tf.losses.softmaxCrossEntropy(y, p, tf.squeeze(weights, [1]), 0.1, NONE),
    };
    test.each(Object.entries(ofCore))('tf.losses.%s with sample weights equals reruns', (_, own) => {
      const kernel = tf.variable(normalTensor([3, 3], 34) as tf.Tensor2D);
      const loss: LossOf = (x, y, weights) => own(y, tf.matMul(x, kernel), weights);
      const tensors = [normalTensor([B, 3], 35), oneHotLabels(B, 3, 36), tf.tensor2d([0.5, 2, 0], [B, 1])];
      expect(errorAgainstReruns(loss, tensors, [kernel])).toBeLessThan(1e-5);
      kernel.dispose();
    });
  });
});
