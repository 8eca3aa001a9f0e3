import {describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import '../index.js';
import {expectClose, onBothBackends} from '../testing/both_backends.js';
import {generator, realValues, smallIntegers} from '../testing/numbers.js';

const size = fc.integer({min: 1, max: 12});
const seeds = fc.integer({min: 0, max: 2 ** 30});
const transposed = (shape: number[], transpose: boolean) =>
  transpose ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;

const tensors =
  (fill: typeof smallIntegers) =>
  (next: () => number, shape: number[]): tf.Tensor =>
    tf.tensor(fill(next, tf.util.sizeFromShape(shape)), shape);
const integers = tensors(smallIntegers);
const reals = tensors(realValues);

describe('matrix products', () => {
  test('equal those of the cpu backend, transposed or not, over batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(size, size, size),
        fc.oneof(fc.constant([]), fc.tuple(size), fc.tuple(fc.constant(2), fc.constant(3))),
        fc.constantFrom('both', 'a', 'b'),
        fc.boolean(),
        fc.boolean(),
        seeds,
        async ([m, k, n], batch, has, transposeA, transposeB, seed) => {
          const {cpu, wasm} = await onBothBackends(() => {
            const next = generator(seed);
            const ones = batch.map(() => 1);
            const a = integers(next, [...(has === 'b' ? ones : batch), ...transposed([m, k], transposeA)]);
            const b = integers(next, [...(has === 'a' ? ones : batch), ...transposed([k, n], transposeB)]);
            return tf.matMul(a, b, transposeA, transposeB);
          });
          expect(wasm).toEqual(cpu);
        },
      ),
      {numRuns: 150},
    );
  });

  test('broadcast batch axes against each other', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const next = generator(5);
      const a = integers(next, [2, 1, 3, 4]);
      const b = integers(next, [3, 5, 4]);
      const product = tf.matMul(a, b, false, true);
      expect(product.shape).toEqual([2, 3, 3, 5]);
      for (const [i, j] of [
        [0, 0],
        [0, 2],
        [1, 1],
        [1, 2],
      ] as const) {
        const one = tf.matMul(
          tf.reshape(tf.slice(a, [i], [1]), [3, 4]),
          tf.reshape(tf.slice(b, [j], [1]), [5, 4]),
          false,
          true,
        );
        expect([...tf.slice(product, [i, j], [1, 1]).dataSync()]).toEqual([...one.dataSync()]);
      }
    });
  });

  test('over many steps stay as exact as float32 sums of blocks are', async () => {
    const {cpu, wasm} = await onBothBackends(() => {
      const next = generator(9);
      return tf.matMul(reals(next, [3000, 7]), reals(next, [3000, 9]), true, false);
    });
    expectClose(wasm, cpu, 1e-5);
  });

  test('fused with bias and activation equal those of the cpu backend', async () => {
    const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(size, size, size),
        fc.constantFrom(...activations),
        fc.constantFrom('none', 'row', 'single'),
        fc.boolean(),
        fc.boolean(),
        seeds,
        async ([m, k, n], activation, bias, transposeA, transposeB, seed) => {
          const {cpu, wasm} = await onBothBackends(() => {
            const next = generator(seed);
            const a = reals(next, transposed([m, k], transposeA));
            const b = reals(next, transposed([k, n], transposeB));
            return tf.fused.matMul({
              a,
              b,
              transposeA,
              transposeB,
              activation,
              ...(bias !== 'none' && {bias: reals(next, [bias === 'row' ? n : 1])}),
              ...(activation === 'prelu' && {preluActivationWeights: reals(next, [n])}),
              ...(activation === 'leakyrelu' && {leakyreluAlpha: 0.3}),
            });
          });
          expectClose(wasm, cpu, 2e-6, 1);
        },
      ),
      {numRuns: 100},
    );
  });

  test('keep a NaN in its row and an infinity in its column', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const a = tf.tensor2d([1, NaN, 1, 1, 1, 1], [2, 3]); // transposed: row 1 is NaN
      const b = tf.tensor2d([1, 1, 1, Infinity], [2, 2]);
      expect([...tf.matMul(a, b, true, false).dataSync()]).toEqual([2, Infinity, NaN, NaN, 2, Infinity]);
    });
  });

  test('with an inner dimension of zero are zero', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const product = tf.matMul(tf.zeros([0, 2]), tf.zeros([0, 3]), true, false);
      expect([...product.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    });
  });
});
