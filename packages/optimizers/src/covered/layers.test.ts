import {beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {layers, regularizers} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';

import {
  errorAgainstLoop,
  errorAgainstReruns,
  modelError,
  modelOf,
  squaredLoss,
  type Layer,
} from '../testing/coverage.js';
import {variablesOf} from '../testing/models.js';
import {perExampleGradients} from '../testing/per_example.js';
import {normalTensor} from '../testing/tensors.js';

describe.each(['cpu', 'wasm'])('layers on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    ensureTrainingKernels();
  });

  // As many examples as positions and features where the shape allows it.
  const B = 3;
  const dense = (units = 3) => layers.dense({units});
  const conv = () => layers.conv2d({filters: 3, kernelSize: 2, padding: 'same'});
  const conv3d = () => layers.conv3d({filters: 2, kernelSize: 2, padding: 'same'});

  const stacks: Record<string, [shape: number[], stack: () => Layer[]]> = {
    'Dense of sequences': [[3, 3], () => [dense(), layers.dense({units: 2, useBias: false})]],
    LayerNormalization: [[3], () => [dense(), layers.layerNormalization({}), dense()]],
    'LayerNormalization of sequences': [[3, 3], () => [dense(), layers.layerNormalization({}), dense()]],
    'LayerNormalization over several axes': [
      [3, 3],
      () => [dense(), layers.layerNormalization({axis: [1, 2]})],
    ],
    'LayerNormalization of images': [[3, 3, 2], () => [conv(), layers.layerNormalization({axis: 3})]],
    PReLU: [[3, 3, 2], () => [conv(), layers.prelu({})]],
    'PReLU of shared slopes': [[3, 3, 2], () => [conv(), layers.prelu({sharedAxes: [1, 2]})]],
    'LeakyReLU, ELU and ReLU': [
      [3],
      () => [dense(), layers.leakyReLU({}), dense(), layers.elu({}), dense(5), layers.reLU({maxValue: 1})],
    ],
    'Softmax over an axis': [[3], () => [dense(), layers.softmax({axis: 1})]],
    MaxPooling1D: [[5, 2], () => [dense(), layers.maxPooling1d({poolSize: 2}), dense()]],
    AveragePooling1D: [[5, 2], () => [dense(), layers.averagePooling1d({poolSize: 2}), dense()]],
    MaxPooling2D: [[4, 4, 2], () => [conv(), layers.maxPooling2d({poolSize: 2}), conv()]],
    AveragePooling2D: [
      [4, 4, 2],
      () => [conv(), layers.averagePooling2d({poolSize: 3, strides: 2, padding: 'same'}), conv()],
    ],
    MaxPooling3D: [[4, 4, 4, 1], () => [dense(2), layers.maxPooling3d({poolSize: 2}), dense()]],
    AveragePooling3D: [[4, 4, 4, 1], () => [dense(2), layers.averagePooling3d({poolSize: 2}), conv3d()]],
    GlobalMaxPooling1D: [[5, 2], () => [dense(), layers.globalMaxPooling1d(), dense()]],
    GlobalAveragePooling1D: [[5, 2], () => [dense(), layers.globalAveragePooling1d(), dense()]],
    GlobalMaxPooling2D: [[4, 4, 2], () => [conv(), layers.globalMaxPooling2d({}), dense()]],
    GlobalAveragePooling2D: [[4, 4, 2], () => [conv(), layers.globalAveragePooling2d({}), dense()]],
    ZeroPadding2D: [[3, 3, 2], () => [conv(), layers.zeroPadding2d({padding: 1}), conv()]],
    Cropping2D: [[4, 4, 2], () => [conv(), layers.cropping2D({cropping: 1}), conv()]],
    'UpSampling2D, bilinear': [
      [3, 3, 2],
      () => [conv(), layers.upSampling2d({size: [2, 2], interpolation: 'bilinear'}), conv()],
    ],
    'Reshape, Permute, RepeatVector and Flatten': [
      [6],
      () => [
        dense(6),
        layers.reshape({targetShape: [3, 2]}),
        layers.permute({dims: [2, 1]}),
        dense(4),
        layers.flatten(),
        dense(),
        layers.repeatVector({n: 3}),
        dense(),
      ],
    ],
    TimeDistributed: [[3, 3], () => [layers.timeDistributed({layer: dense()}), dense()]],
    'Embedding of a matrix of words': [
      [3, 2],
      () => [layers.embedding({inputDim: 5, outputDim: 3}), dense()],
    ],
    Masking: [[3, 3], () => [layers.masking({maskValue: 0}), dense()]],
    activations: [
      [3],
      () => [
        dense(),
        ...(['gelu', 'gelu_new', 'logSoftmax'] as const).flatMap((activation) => [
          layers.activation({activation: activation as never}),
          dense(),
        ]),
      ],
    ],
    'regularized weights': [
      [3],
      () => [
        layers.dense({units: 3, kernelRegularizer: regularizers.l1l2(), biasRegularizer: regularizers.l2()}),
      ],
    ],
    'Rescaling and a resized image': [
      [3, 3, 2],
      () => [
        conv(),
        (layers as unknown as {rescaling(args: object): Layer}).rescaling({scale: 2, offset: 1}),
        conv(),
      ],
    ],
  };
  const indices = (name: string) => name.startsWith('Embedding');

  test.each(Object.entries(stacks))('%s equals reruns', (name, [shape, stack]) => {
    for (const examples of [B, 1]) {
      const model = modelOf(shape, stack());
      const normal = normalTensor([examples, ...shape], 2);
      const x = indices(name) ? tf.floor(tf.mul(tf.sigmoid(normal), 5)) : normal;
      expect(modelError(model, x)).toBeLessThan(1e-5);
      model.dispose();
    }
  });

  // The stock wasm kernel does not broadcast the slopes, so what it computes forward is already something else.
  (backend === 'cpu' ? test : test.skip)('PReLU of slopes shared along an inner axis equals reruns', () => {
    const model = modelOf([3, 3, 2], [conv(), layers.prelu({sharedAxes: [2]})]);
    expect(modelError(model, normalTensor([B, 3, 3, 2], 2))).toBeLessThan(1e-5);
    model.dispose();
  });

  test('UpSampling2D equals reruns', () => {
    const model = modelOf([3, 3, 2], [conv(), layers.upSampling2d({size: [2, 2]}), conv()]);
    expect(modelError(model, normalTensor([B, 3, 3, 2], 3))).toBeLessThan(1e-5);
    model.dispose();
  });

  test('stacked Conv3D layers equal reruns', () => {
    const model = modelOf([3, 3, 3, 2], [conv3d(), conv3d()]);
    expect(modelError(model, normalTensor([B, 3, 3, 3, 2], 3))).toBeLessThan(1e-5);
    model.dispose();
  });

  test('ThresholdedReLU, which tf.js cannot train, at threshold 0 equals ReLU', () => {
    const x = normalTensor([B, 4], 4);
    const y = normalTensor([B, 3], 5);
    const build = (layer: Layer) => modelOf([4], [dense(), layer, dense()]);
    const own = build(layers.thresholdedReLU({theta: 0}));
    const relu = build(layers.reLU());
    const lossOf = (xs: tf.Tensor) => squaredLoss(y, own.apply(xs) as tf.Tensor);
    expect(errorAgainstLoop(() => lossOf(x), variablesOf(own))).toBeLessThan(1e-5);
    const reluLoss = () => squaredLoss(y, relu.apply(x) as tf.Tensor);
    expect(perExampleGradients(() => lossOf(x), variablesOf(own))).toEqual(
      perExampleGradients(reluLoss, variablesOf(relu)),
    );
    own.dispose();
    relu.dispose();
  });

  test('LayerNormalization without an offset, which tf.js cannot train, equals the one-hot loop', () => {
    const model = modelOf([3, 3], [dense(), layers.layerNormalization({center: false}), dense()]);
    const [x, y] = [normalTensor([B, 3, 3], 10), normalTensor([B, 3, 3], 11)];
    const lossFn = () => squaredLoss(y, model.apply(x) as tf.Tensor);
    expect(errorAgainstLoop(lossFn, variablesOf(model))).toBeLessThan(1e-5);
    model.dispose();
  });

  test('BatchNormalization in inference mode equals reruns, also of images', () => {
    for (const shape of [[3], [3, 3, 2]]) {
      const model = modelOf(shape, [dense(), layers.batchNormalization({}), dense()]);
      const [, normalization] = model.layers;
      const weights = normalization?.getWeights() ?? [];
      normalization?.setWeights(weights.map((weight, i) => (i === 3 ? tf.add(tf.abs(weight), 0.1) : weight)));
      const x = normalTensor([B, ...shape], 6);
      const y = normalTensor([B, ...shape.slice(0, -1), 3], 7);
      const lossOf = (xs: tf.Tensor, ys: tf.Tensor) =>
        squaredLoss(ys, model.apply(xs, {training: false}) as tf.Tensor);
      const error = errorAgainstReruns((xs, ys) => lossOf(xs, ys), [x, y], variablesOf(model));
      expect(error).toBeLessThan(1e-5);
      model.dispose();
    }
  });

  test('dropout and noise layers equal the one-hot loop on the same masks', () => {
    for (const layer of [
      layers.dropout({rate: 0.4}),
      layers.spatialDropout1d({rate: 0.4}),
      layers.gaussianNoise({stddev: 0.5}) as Layer,
      layers.gaussianDropout({rate: 0.4}) as Layer,
      layers.alphaDropout({rate: 0.4}) as Layer,
    ]) {
      const model = modelOf([3, 3], [dense(), layer, dense()]);
      const y = normalTensor([B, 3, 3], 8);
      const x = normalTensor([B, 3, 3], 9);
      const lossFn = () => squaredLoss(y, model.apply(x, {training: true}) as tf.Tensor);
      expect(errorAgainstLoop(lossFn, variablesOf(model))).toBeLessThan(1e-5);
      model.dispose();
    }
  });
});
