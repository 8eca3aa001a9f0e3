import {describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import '../index.js';
import {expectClose, onBothBackends} from '../testing/both_backends.js';
import {generator, realValues, smallIntegers} from '../testing/numbers.js';

const seeds = fc.integer({min: 0, max: 2 ** 30});

describe('sums', () => {
  test('over any axes equal those of the cpu backend', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({min: 1, max: 6}), {minLength: 1, maxLength: 4}),
        fc.oneof(
          {weight: 5, arbitrary: fc.constant(1)},
          {weight: 1, arbitrary: fc.integer({min: 60, max: 300})},
        ),
        fc.array(fc.nat({max: 3}), {maxLength: 4}),
        fc.boolean(),
        fc.constantFrom('float32' as const, 'int32' as const),
        seeds,
        async (sizes, factor, picked, keepDims, dtype, seed) => {
          // Long leading axes are summed in chunks.
          const shape = sizes.map((size, axis) => (axis === 0 ? size * factor : size));
          const axes = [...new Set(picked.filter((axis) => axis < shape.length))];
          const {cpu, wasm} = await onBothBackends(() => {
            const values = smallIntegers(generator(seed), tf.util.sizeFromShape(shape));
            return tf.sum(tf.tensor(values, shape, dtype), axes.length > 0 ? axes : undefined, keepDims);
          });
          expect(wasm).toEqual(cpu);
        },
      ),
      {numRuns: 150},
    );
  });

  test('over many rows are more exact than adding them one by one', async () => {
    await tf.setBackend('wasm');
    const [rows, columns] = [100_000, 5];
    const values = realValues(generator(1), rows * columns).map((v) => v + 1);
    const exact = Array.from({length: columns}, (_, c) => {
      let total = 0;
      for (let r = 0; r < rows; r++) total += values[r * columns + c]!;
      return total;
    });
    const found = tf.tidy(() => [...tf.sum(tf.tensor2d(values, [rows, columns]), 0).dataSync()]);
    found.forEach((value, c) => expect(Math.abs(value / exact[c]! - 1)).toBeLessThan(1e-6));
  });

  test('keep a NaN in its column, and are zero over no rows', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      expect([...tf.sum(tf.tensor2d([1, NaN, 2, 3], [2, 2]), 0).dataSync()]).toEqual([3, NaN]);
      expect([...tf.sum(tf.zeros([0, 3]), 0).dataSync()]).toEqual([0, 0, 0]);
    });
  });
});

test('exp and tanh are those of the cpu backend, to rounding', async () => {
  for (const f of [tf.exp, tf.tanh]) {
    const {cpu, wasm} = await onBothBackends(() => f(tf.tensor(realValues(generator(2), 77), [7, 11])));
    expectClose(wasm, cpu, 3e-7);
  }
});
