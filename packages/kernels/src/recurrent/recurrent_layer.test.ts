import {describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import {initializers, layers} from '@tensorflow/tfjs-layers';
import '../index.js';
import {expectClose, onBothBackends} from '../testing/both_backends.js';
import {generator, realValues} from '../testing/numbers.js';
import {GRU_SEQUENCE} from '../training/gru.js';
import {LSTM_SEQUENCE} from '../training/lstm.js';

type Options = Parameters<typeof layers.lstm>[0];

/** The layer's output, and the gradients of a loss of it for its input and all its weights, in one vector. */
function outputAndGradients(
  make: (options: Options) => ReturnType<typeof layers.lstm>,
  options: Options,
  shape: [number, number, number],
): tf.Tensor {
  const next = generator(5);
  const layer = make({
    recurrentInitializer: initializers.glorotUniform({seed: 2}),
    kernelInitializer: initializers.glorotUniform({seed: 1}),
    biasInitializer: initializers.randomNormal({seed: 3, stddev: 0.3}),
    ...options,
  });
  const x = tf.tensor3d(
    realValues(next, tf.util.sizeFromShape(shape)).map((v) => 3 * v),
    shape,
  );
  layer.apply(x);
  const variables = layer.trainableWeights
    .map((weight) => weight.read())
    .filter((tensor): tensor is tf.Variable => tensor instanceof tf.Variable);
  const input = tf.variable(x);
  const loss = () => {
    const out = tf.square(layer.apply(input) as tf.Tensor);
    return tf.sum<tf.Scalar>(tf.mul(out, tf.reshape(tf.range(0, out.size), out.shape)));
  };
  const {grads} = tf.variableGrads(loss, [input, ...variables]);
  const all = [layer.apply(x) as tf.Tensor, ...Object.values(grads)];
  const result = tf.concat(all.map((tensor) => tf.reshape(tensor, [-1])));
  layer.dispose();
  input.dispose();
  return result;
}

describe.each([
  ['LSTM', layers.lstm, LSTM_SEQUENCE],
  ['GRU', (options: Options) => layers.gru(options as Parameters<typeof layers.gru>[0]), GRU_SEQUENCE],
] as const)('a layer as one kernel: %s', (name, make, kernel) => {
  test.each<[string, Options, [number, number, number]]>([
    ['hard sigmoid', {units: 3}, [2, 4, 5]],
    ['sigmoid, every step', {units: 6, recurrentActivation: 'sigmoid', returnSequences: true}, [3, 5, 2]],
    ['without a bias', {units: 4, recurrentActivation: 'sigmoid', useBias: false}, [1, 3, 3]],
    ['backwards', {units: 5, goBackwards: true, returnSequences: true}, [4, 3, 1]],
    [
      'every step, the forget gate open at first',
      {units: 9, returnSequences: true, unitForgetBias: true},
      [2, 2, 9],
    ],
    ['more rows than are packed at once', {units: 8, recurrentActivation: 'sigmoid'}, [133, 3, 7]],
  ])('has the outputs and gradients of the cpu backend: %s', async (_, options, shape) => {
    const {cpu, wasm} = await onBothBackends(() => outputAndGradients(make, options, shape));
    expectClose(wasm, cpu, 1e-5);
  });

  const x = () => tf.ones([2, 3, 4]);
  const uses = async (options: Partial<Options>, apply?: (layer: unknown) => void) => {
    await tf.setBackend('wasm');
    const layer = make({units: 3, recurrentInitializer: 'glorotUniform', ...options});
    const {kernelNames} = await tf.profile(() =>
      tf.tidy(() => {
        if (apply === undefined) layer.apply(x());
        else apply(layer);
        return tf.scalar(0);
      }),
    );
    layer.dispose();
    return kernelNames.includes(kernel);
  };

  test('is used where it covers the layer, and only there', async () => {
    type Applied = {apply(x: tf.Tensor, kwargs?: object): unknown};
    expect(await uses({})).toBe(true);
    expect(await uses({dropout: 0.5})).toBe(true);
    const training = (layer: unknown) => (layer as Applied).apply(x(), {training: true});
    expect(await uses({}, training)).toBe(true);
    expect(await uses({dropout: 0.5}, training)).toBe(false);
    expect(await uses({recurrentDropout: 0.5}, training)).toBe(false);
    expect(await uses({activation: 'relu'})).toBe(false);
    expect(await uses({recurrentActivation: 'relu'})).toBe(false);
    expect(await uses({returnState: true})).toBe(false);
    expect(await uses({stateful: true, batchInputShape: [2, 3, 4]})).toBe(false);
    const masked = (layer: unknown) => (layer as Applied).apply(x(), {mask: tf.ones([2, 3], 'bool')});
    expect(await uses({}, masked)).toBe(false);
    const started = (layer: unknown) =>
      (layer as Applied).apply(x(), {
        initialState: name === 'LSTM' ? [tf.ones([2, 3]), tf.ones([2, 3])] : [tf.ones([2, 3])],
      });
    expect(await uses({}, started)).toBe(false);
  });
});
