import {expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import '../index.js';
import {onBothBackends} from '../testing/both_backends.js';
import {generator, smallIntegers} from '../testing/numbers.js';

const size = fc.integer({min: 1, max: 8});

test('UnsortedSegmentSum equals that of the cpu backend, which drops ids outside', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({max: 12}),
      fc.array(size, {maxLength: 2}),
      size,
      fc.integer({min: 0, max: 2 ** 30}),
      async (rows, inner, segments, seed) => {
        // The cpu backend sums no rows to NaN-free zeros only if there is one.
        const count = Math.max(1, rows);
        const {cpu, wasm} = await onBothBackends(() => {
          const next = generator(seed);
          const shape = [count, ...inner];
          const x = tf.tensor(smallIntegers(next, tf.util.sizeFromShape(shape)), shape);
          const ids = Int32Array.from({length: count}, () => Math.floor((segments + 4) * next()) - 2);
          return tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), segments);
        });
        expect(wasm).toEqual(cpu);
      },
    ),
    {numRuns: 80},
  );
});

test('a NaN stays in its segment', async () => {
  await tf.setBackend('wasm');
  tf.tidy(() => {
    const sums = tf.unsortedSegmentSum(tf.tensor2d([1, NaN, 2, 3], [2, 2]), tf.tensor1d([0, 1], 'int32'), 3);
    expect([...sums.dataSync()]).toEqual([1, NaN, 2, 3, 0, 0]);
  });
});

test('ids of another shape are refused', async () => {
  await tf.setBackend('wasm');
  tf.tidy(() => {
    const ids = tf.tensor1d([0], 'int32');
    expect(() => tf.unsortedSegmentSum(tf.zeros([2, 3]), ids, 2)).toThrow(
      /must have the shape \[2\].*got \[1\]/,
    );
  });
});
