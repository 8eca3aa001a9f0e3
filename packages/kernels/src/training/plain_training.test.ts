import {describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import '../index.js';
import {expectClose, onBothBackends} from '../testing/both_backends.js';
import {generator, realValues} from '../testing/numbers.js';

// What `import '@dp/kernels'` promises: plain, non-private training on the wasm backend works and is right.

const reals = (next: () => number, shape: number[], scale = 1) =>
  tf.tensor(
    realValues(next, tf.util.sizeFromShape(shape)).map((v) => v * scale),
    shape,
  );

describe('with the training kernels', () => {
  test('all gradients of a small convolutional network equal those of the cpu backend', async () => {
    const network = (x: tf.Tensor4D, weights: tf.Tensor[]) => {
      const [w1, b1, w2, b2, w3, b3] = weights as [
        tf.Tensor4D,
        tf.Tensor,
        tf.Tensor4D,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const c1: tf.Tensor4D = tf.add(tf.conv2d(x, w1, 2, 'same'), b1);
      const c2: tf.Tensor4D = tf.add(tf.conv2d(tf.maxPool(tf.relu(c1), 2, 1, 'valid'), w2, 2, 'valid'), b2);
      const flat = tf.reshape(tf.maxPool(tf.relu(c2), 2, 1, 'valid'), [3, -1]);
      return tf.mean(tf.square(tf.softmax(tf.add(tf.matMul(flat, w3), b3))));
    };
    const {cpu, wasm} = await onBothBackends(() => {
      const next = generator(11);
      const x = reals(next, [3, 14, 14, 1]) as tf.Tensor4D;
      const shapes = [[8, 8, 1, 4], [4], [4, 4, 4, 6], [6], [6, 5], [5]];
      const weights = shapes.map((shape) => reals(next, shape, 0.5));
      const gradients = tf.grads((...ws: tf.Tensor[]) => network(x, ws))(weights);
      return tf.concat(gradients.map((g) => tf.reshape(g, [-1])));
    });
    expect(cpu.values.some((v) => v !== 0)).toBe(true);
    expectClose(wasm, cpu, 1e-5);
  });

  test('a plain tf.layers network trains by fit', async () => {
    await tf.setBackend('wasm');
    const model = layers.sequential({
      layers: [
        layers.layers.conv2d({
          filters: 8,
          kernelSize: 3,
          activation: 'relu',
          inputShape: [8, 8, 1],
          kernelInitializer: layers.initializers.glorotUniform({seed: 1}),
        }),
        layers.layers.maxPooling2d({poolSize: 2}),
        layers.layers.separableConv2d({
          filters: 8,
          kernelSize: 2,
          activation: 'relu',
          depthwiseInitializer: layers.initializers.glorotUniform({seed: 2}),
          pointwiseInitializer: layers.initializers.glorotUniform({seed: 3}),
        }),
        layers.layers.flatten(),
        layers.layers.dense({
          units: 2,
          activation: 'softmax',
          kernelInitializer: layers.initializers.glorotUniform({seed: 4}),
        }),
      ],
    });
    model.compile({optimizer: tf.train.sgd(0.5), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
    // Class 1 has a bright left half.
    const next = generator(2);
    const labels = Array.from({length: 128}, (_, i) => i % 2);
    const images = labels.flatMap((label) =>
      Array.from({length: 64}, (_, i) => next() + (label === 1 && i % 8 < 4 ? 0.5 : 0)),
    );
    const x = tf.tensor4d(images, [128, 8, 8, 1]);
    const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 2);
    const history = await model.fit(x, y, {epochs: 20, batchSize: 32, shuffle: false});
    const accuracy = history.history['acc'] as number[];
    expect(accuracy.at(-1)).toBeGreaterThan(0.95);
    tf.dispose([x, y]);
    model.dispose();
  });

  test('an embedding and a recurrent layer have the gradients of the cpu backend', async () => {
    const {cpu, wasm} = await onBothBackends(() => {
      const next = generator(4);
      const tokens = tf.tensor2d([1, 2, 2, 0, 4, 1], [2, 3], 'int32');
      const shapes = [[5, 4], [8, 12], [12], [3, 2]];
      const weights = shapes.map((shape) => reals(next, shape));
      const gradients = tf.grads((...ws: tf.Tensor[]) => {
        const [table, kernel, bias, out] = ws as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
        const x = tf.gather(table, tokens);
        let [c, h] = [tf.zeros([2, 3]), tf.zeros([2, 3])] as [tf.Tensor2D, tf.Tensor2D];
        // A cell of an LSTM with 3 units whose gates are laid out as tf.js lays them out.
        for (let t = 0; t < 3; t++) {
          const step = tf.reshape(tf.slice(x, [0, t], [2, 1]), [2, 4]);
          const joint = tf.concat([step, h, tf.ones([2, 1])], 1);
          const z = tf.add(tf.matMul(joint, kernel), bias);
          const [i, f, g, o] = tf.split(z, 4, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
          c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
          h = tf.mul(tf.sigmoid(o), tf.tanh(c));
        }
        return tf.sum(tf.square(tf.matMul(h, out)));
      })(weights);
      return tf.concat(gradients.map((g) => tf.reshape(g, [-1])));
    });
    expectClose(wasm, cpu, 1e-5);
  });
});
