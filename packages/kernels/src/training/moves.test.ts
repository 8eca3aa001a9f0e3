import {describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import fc from 'fast-check';
import '../index.js';
import {onBothBackends} from '../testing/both_backends.js';
import {generator} from '../testing/numbers.js';

// Kernels that move values without computing anything: equal to the cpu backend's, for every numeric dtype.

const dtypes = fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const);
const shapes = fc.array(fc.integer({min: 1, max: 5}), {minLength: 1, maxLength: 5});
const seeds = fc.integer({min: 0, max: 2 ** 30});

function values(shape: number[], dtype: 'float32' | 'int32' | 'bool', seed: number): tf.Tensor {
  const next = generator(seed);
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Array.from({length: size}, () => Math.floor(next() * (dtype === 'bool' ? 2 : 200))),
    shape,
    dtype,
  );
}

/** All of them in one vector, for comparison; parts keep their shapes. */
const flat = (tensors: tf.Tensor[]) => tf.concat(tensors.map((t) => tf.cast(tf.reshape(t, [-1]), 'float32')));

async function expectEqual(compute: () => tf.Tensor | tf.Tensor[]): Promise<void> {
  const found: number[][][] = [];
  const {cpu, wasm} = await onBothBackends(() => {
    const result = compute();
    const list = Array.isArray(result) ? result : [result];
    found.push(list.map(({shape}) => shape));
    return flat(list);
  });
  expect(found[1]).toEqual(found[0]);
  expect(wasm).toEqual(cpu);
}

describe('moving values', () => {
  test('slice equals that of the cpu backend', async () => {
    const blocks = shapes.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        begin: fc.tuple(...shape.map((size) => fc.nat({max: size - 1}))),
        part: fc.tuple(...shape.map(() => fc.double({min: 0, max: 1, noNaN: true}))),
        dtype: dtypes,
        seed: seeds,
      }),
    );
    await fc.assert(
      fc.asyncProperty(blocks, ({shape, begin, part, dtype, seed}) => {
        const size = shape.map((full, i) => Math.round(part[i]! * (full - begin[i]!)));
        return expectEqual(() => tf.slice(values(shape, dtype, seed), begin, size));
      }),
      {numRuns: 150},
    );
  });

  test('gather equals that of the cpu backend', async () => {
    const picks = shapes.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: fc.nat({max: shape.length - 1}),
        picks: fc.array(fc.double({min: 0, max: 1, noNaN: true, maxExcluded: true}), {maxLength: 7}),
        dtype: dtypes,
        seed: seeds,
      }),
    );
    await fc.assert(
      fc.asyncProperty(picks, ({shape, axis, picks, dtype, seed}) => {
        const indices = picks.map((pick) => Math.floor(pick * shape[axis]!));
        return expectEqual(() => tf.gather(values(shape, dtype, seed), tf.tensor1d(indices, 'int32'), axis));
      }),
      {numRuns: 150},
    );
    await onBothBackends(() => {
      for (const index of [-1, 3])
        expect(() => tf.gather(tf.ones([3, 2]), tf.tensor1d([0, index], 'int32'))).toThrow(
          'is not in [0, 2]',
        );
      return tf.scalar(0);
    });
  });

  test('split, unstack and their gradients equal those of the cpu backend', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(), dtypes, seeds, async (shape, which, dtype, seed) => {
        const axis = which % shape.length;
        const sizes = [1, 0, shape[axis]! - 1];
        await expectEqual(() => tf.split(values(shape, dtype, seed), sizes, axis));
        await expectEqual(() => tf.unstack(values(shape, dtype, seed), axis - shape.length));
        if (shape[axis] === 1) return; // tf.js fails on the gradients of a single part
        await expectEqual(() => {
          const weigh = (parts: tf.Tensor[]) => tf.addN(parts.map((p, i) => tf.mul(tf.sum(tf.square(p)), i)));
          const x = values(shape, 'float32', seed);
          return [
            tf.grad((t: tf.Tensor) => weigh(tf.unstack(t, axis)))(x),
            tf.grad((t: tf.Tensor) => weigh(tf.split(t, sizes, axis)))(x),
          ];
        });
      }),
      {numRuns: 60},
    );
  });

  test('concat, stack and their gradients equal those of the cpu backend', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.nat(),
        fc.array(fc.nat({max: 3}), {minLength: 1, maxLength: 4}),
        dtypes,
        seeds,
        async (shape, which, lengths, dtype, seed) => {
          const axis = which % shape.length;
          const parts = (type: typeof dtype) =>
            lengths.map((length, i) =>
              values(
                shape.map((size, own) => (own === axis ? length : size)),
                type,
                seed + i,
              ),
            );
          await expectEqual(() => tf.concat(parts(dtype), axis));
          const alike = () => lengths.map((_, i) => values(shape, dtype, seed + i));
          await expectEqual(() => tf.stack(alike(), axis - shape.length));
          await expectEqual(() => tf.stack(alike(), shape.length));
          await expectEqual(() =>
            tf.grads((...list: tf.Tensor[]) => tf.sum(tf.square(tf.concat(list, axis))))(parts('float32')),
          );
        },
      ),
      {numRuns: 60},
    );
  });

  test('clones and needless casts share their values, and outlive each other', async () => {
    await tf.setBackend('wasm');
    const before = tf.engine().backend.numDataIds();
    const x = tf.tensor1d([1, 2, 3]);
    const copies = [tf.clone(x), tf.cast(x, 'float32'), tf.concat([x]), tf.stack([x])];
    expect(tf.engine().backend.numDataIds()).toBe(before + 1);
    x.dispose();
    for (const copy of copies) {
      expect([...copy.dataSync()]).toEqual([1, 2, 3]);
      copy.dispose();
    }
    expect(tf.engine().backend.numDataIds()).toBe(before);
  });

  test('casts between dtypes, and strings, stay with the backend', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      expect([...tf.cast(tf.tensor1d([1.9, -1.9, 0]), 'int32').dataSync()]).toEqual([1, -1, 0]);
      const words = tf.tensor(['a', 'bc', 'd'], [3], 'string');
      expect(tf.slice(words, 1, 2).dataSync<'string'>()).toEqual(['bc', 'd']);
      expect(tf.concat([words, words]).dataSync<'string'>()).toEqual(['a', 'bc', 'd', 'a', 'bc', 'd']);
    });
  });

  test('a slice beyond the tensor, or a stack of different shapes, is refused', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      expect(() => tf.slice(tf.ones([3, 2]), [2, 0], [2, 2])).toThrow('would overflow');
      expect(() => tf.engine().runKernel('Pack', [tf.ones([2]), tf.ones([3])] as never, {axis: 0})).toThrow(
        'matching shapes',
      );
    });
  });
});
