import {describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import '../index.js';
import {convCases, type ConvCase, type Shape4} from '../testing/arbitrary_conv.js';
import {onBothBackends} from '../testing/both_backends.js';
import {generator, smallIntegers} from '../testing/numbers.js';

// Small integers: both backends are exact, so results are equal, not close.

const seeds = fc.integer({min: 0, max: 2 ** 30});
const channels = fc.integer({min: 1, max: 18});
const run = (name: string, inputs: tf.NamedTensorMap, attrs: object) =>
  tf.engine().runKernel<tf.Tensor>(name, inputs, attrs as tf.NamedAttrMap);

const integers = (next: () => number, shape: number[]) =>
  tf.tensor(smallIntegers(next, tf.util.sizeFromShape(shape)), shape);

async function expectSame(compute: (next: () => number) => tf.Tensor, seed: number): Promise<void> {
  const {cpu, wasm} = await onBothBackends(() => compute(generator(seed)));
  expect(wasm).toEqual(cpu);
}

const outShape = ({inputShape, out}: ConvCase, filters: number): Shape4 => [inputShape[0], ...out, filters];

describe('convolutions equal those of the cpu backend', () => {
  test('Conv2D, dilated or not', async () => {
    await fc.assert(
      fc.asyncProperty(convCases(5), channels, fc.boolean(), seeds, async (c, filters, dilated, seed) => {
        const {pad, filter, inputShape} = c;
        // tf.js allows one of strides and dilations.
        const strides = dilated ? 1 : c.strides;
        const dilations = dilated ? c.strides[0] : 1;
        await expectSame((next) => {
          const x = integers(next, inputShape) as tf.Tensor4D;
          const w = integers(next, [...filter, inputShape[3], filters]) as tf.Tensor4D;
          return tf.conv2d(x, w, strides, dilated ? 'same' : pad, 'NHWC', dilations);
        }, seed);
      }),
      {numRuns: 100},
    );
  });

  test('FusedConv2D with bias and any activation', async () => {
    const activations = ['linear', 'relu', 'relu6', 'leakyrelu', 'prelu'] as const;
    await fc.assert(
      fc.asyncProperty(
        convCases(5),
        channels,
        fc.constantFrom(...activations),
        fc.boolean(),
        seeds,
        async (c, filters, activation, hasBias, seed) => {
          const {pad, filter, inputShape, strides} = c;
          await expectSame((next) => {
            return tf.fused.conv2d({
              x: integers(next, inputShape) as tf.Tensor4D,
              filter: integers(next, [...filter, inputShape[3], filters]) as tf.Tensor4D,
              strides,
              pad,
              activation,
              ...(hasBias && {bias: integers(next, [filters])}),
              ...(activation === 'prelu' && {preluActivationWeights: integers(next, [filters])}),
              ...(activation === 'leakyrelu' && {leakyreluAlpha: 0.5}),
            });
          }, seed);
        },
      ),
      {numRuns: 100},
    );
  });

  test('a NaN and an infinity reach their own windows alone, through bias and relu', async () => {
    const {cpu, wasm} = await onBothBackends(() => {
      const values = Array.from({length: 36}, (_, i) => (i === 7 ? NaN : i === 30 ? -Infinity : i % 5));
      const x = tf.tensor4d(values, [1, 6, 6, 1]);
      const filter = integers(generator(3), [2, 2, 1, 3]) as tf.Tensor4D;
      const bias = tf.tensor1d([1, -1, 0]);
      return tf.fused.conv2d({x, filter, strides: 1, pad: 'same', bias, activation: 'relu'});
    });
    expect(cpu.values).toContainEqual(NaN);
    expect(wasm).toEqual(cpu);
  });

  test('an empty batch has an empty result', async () => {
    await tf.setBackend('wasm');
    const out = tf.tidy(() =>
      tf.conv2d(tf.zeros<tf.Rank.R4>([0, 5, 5, 2]), tf.ones<tf.Rank.R4>([2, 2, 2, 3]), 1, 'same'),
    );
    expect(out.shape).toEqual([0, 5, 5, 3]);
    out.dispose();
  });
});

describe('convolution gradients equal those of the cpu backend', () => {
  test('Conv2DBackpropFilter', async () => {
    await fc.assert(
      fc.asyncProperty(convCases(5), channels, seeds, async (c, filters, seed) => {
        const {strides, pad, filter, inputShape} = c;
        await expectSame((next) => {
          const x = integers(next, inputShape);
          const dy = integers(next, outShape(c, filters));
          const filterShape = [...filter, inputShape[3], filters];
          return run(tf.Conv2DBackpropFilter, {x, dy}, {strides, pad, dataFormat: 'NHWC', filterShape});
        }, seed);
      }),
      {numRuns: 80},
    );
  });

  test('Conv2DBackpropInput', async () => {
    await fc.assert(
      fc.asyncProperty(convCases(5), channels, seeds, async (c, filters, seed) => {
        const {strides, pad, filter, inputShape} = c;
        await expectSame((next) => {
          const dy = integers(next, outShape(c, filters));
          const w = integers(next, [...filter, inputShape[3], filters]);
          return run(tf.Conv2DBackpropInput, {dy, filter: w}, {strides, pad, dataFormat: 'NHWC', inputShape});
        }, seed);
      }),
      {numRuns: 80},
    );
  });

  test('Conv3DBackpropInputV2', async () => {
    await fc.assert(
      fc.asyncProperty(convCases(4), convCases(3), channels, seeds, async (c, depth, filters, seed) => {
        const [batch, height, width, inChannels] = c.inputShape;
        const inputShape = [batch, depth.inputShape[1], height, width, inChannels];
        const filterShape = [depth.filter[0], ...c.filter, inChannels, filters];
        const strides = [depth.strides[0], ...c.strides];
        for (const pad of ['same', 'valid'] as const) {
          const info = tf.backend_util.computeConv3DInfo(
            inputShape as [number, number, number, number, number],
            filterShape as [number, number, number, number, number],
            strides as [number, number, number],
            1,
            pad,
          );
          if (info.outShape.some((size) => size < 1)) continue;
          await expectSame((next) => {
            const dy = integers(next, info.outShape);
            return run(
              tf.Conv3DBackpropInputV2,
              {dy, filter: integers(next, filterShape)},
              {strides, pad, inputShape},
            );
          }, seed);
        }
      }),
      {numRuns: 40},
    );
  });

  test('DepthwiseConv2dNativeBackpropFilter and -Input', async () => {
    await fc.assert(
      fc.asyncProperty(convCases(9), fc.integer({min: 1, max: 3}), seeds, async (c, multiplier, seed) => {
        const {strides, pad, filter, inputShape} = c;
        const filterShape: Shape4 = [...filter, inputShape[3], multiplier];
        const attrs = {strides, pad, dilations: 1, filterShape, inputShape};
        const dyShape = outShape(c, inputShape[3] * multiplier);
        await expectSame((next) => {
          const inputs = {x: integers(next, inputShape), dy: integers(next, dyShape)};
          return run(tf.DepthwiseConv2dNativeBackpropFilter, inputs, attrs);
        }, seed);
        await expectSame((next) => {
          const inputs = {dy: integers(next, dyShape), filter: integers(next, filterShape)};
          return run(tf.DepthwiseConv2dNativeBackpropInput, inputs, attrs);
        }, seed);
      }),
      {numRuns: 60},
    );
  });

  test('of an empty batch they are zero, or empty', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const [x, dy, w] = [tf.zeros([0, 4, 4, 2]), tf.zeros([0, 3, 3, 5]), tf.zeros([2, 2, 2, 5])];
      const attrs = {strides: 1, pad: 'valid', dataFormat: 'NHWC'};
      const dw = run(tf.Conv2DBackpropFilter, {x, dy}, {...attrs, filterShape: w.shape});
      expect([...dw.dataSync()]).toEqual(new Array(40).fill(0));
      const dx = run(tf.Conv2DBackpropInput, {dy, filter: w}, {...attrs, inputShape: x.shape});
      expect(dx.shape).toEqual(x.shape);
    });
  });

  test('tensors of the wrong shape or dtype are refused before anything is read', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const x = tf.zeros([1, 4, 4, 2]);
      const attrs = {strides: 1, pad: 'valid', dataFormat: 'NHWC', filterShape: [2, 2, 2, 5]};
      expect(() => run(tf.Conv2DBackpropFilter, {x, dy: tf.zeros([1, 3, 2, 5])}, attrs)).toThrow(
        "the kernel's input 'dy' must have the shape [1,3,3,5], got [1,3,2,5]",
      );
      const dy = tf.zeros([1, 3, 3, 5]);
      expect(() => run(tf.Conv2DBackpropFilter, {x: tf.cast(x, 'int32'), dy}, attrs)).toThrow(
        'the tensor must be float32, got int32',
      );
      expect(() =>
        run(tf.Conv2DBackpropFilter, {x: tf.zeros([1, 2, 4, 4]), dy}, {...attrs, dataFormat: 'NCHW'}),
      ).toThrow(/channelsLast/);
    });
  });

  test('channels first is left to the backend, which does it', async () => {
    await expectSame((next) => {
      const inputs = {dy: integers(next, [2, 3, 4, 4]), filter: integers(next, [2, 2, 5, 3])};
      return run(tf.Conv2DBackpropInput, inputs, {
        strides: 1,
        pad: 'valid',
        dataFormat: 'NCHW',
        inputShape: [2, 5, 5, 5],
      });
    }, 1);
  });
});

test('a dilated depthwise convolution has the gradient of its definition', async () => {
  // tf.js's cpu backend forgets the dilation here, so the inner product decides: <dy, conv(x, w)>, linear in both.
  await tf.setBackend('wasm');
  tf.tidy(() => {
    const next = generator(3);
    const shape: Shape4 = [2, 7, 6, 3];
    const attrs = {strides: 1, dilations: 2, pad: 'same'};
    const [x, w] = [integers(next, shape), integers(next, [3, 2, 3, 2])];
    const y = run(tf.DepthwiseConv2dNative, {x, filter: w}, attrs);
    const dy = integers(next, y.shape);
    const dx = run(tf.DepthwiseConv2dNativeBackpropInput, {dy, filter: w}, {...attrs, inputShape: shape});
    const dw = run(tf.DepthwiseConv2dNativeBackpropFilter, {x, dy}, {...attrs, filterShape: w.shape});
    const inner = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0];
    expect(inner(dx, x)).toBe(inner(dy, y));
    expect(inner(dw, w)).toBe(inner(dy, y));
  });
});

test('MaxPoolGrad equals that of the cpu backend, with ties, NaN and nothing positive', async () => {
  await fc.assert(
    fc.asyncProperty(convCases(9), seeds, async (c, seed) => {
      const {strides, pad, filter, inputShape} = c;
      await expectSame((next) => {
        const special = [NaN, -Infinity, Infinity];
        const values = smallIntegers(next, tf.util.sizeFromShape(inputShape)).map((v) =>
          next() < 0.1 ? special[Math.floor(3 * next())]! : v - 3,
        );
        const x = tf.tensor(values, inputShape);
        const dy = integers(next, outShape(c, inputShape[3]));
        return run(tf.MaxPoolGrad, {dy, input: x, output: dy}, {filterSize: filter, strides, pad});
      }, seed);
    }),
    {numRuns: 100},
  );
});

test('kernels find their tensors again when making the output grows the memory', async () => {
  await tf.setBackend('wasm');
  const heap = (tf.backend() as unknown as {wasm: {HEAPU8: Uint8Array}}).wasm;
  tf.tidy(() => {
    const dy = tf.ones([1, 1, 1, 1]);
    const filter = tf.ones([1, 1, 1, 1]);
    let grown = 0;
    const held: tf.Tensor[] = [];
    for (let side = 256; grown < 2; side += 64) {
      const before = heap.HEAPU8.length;
      const dx = run(
        tf.Conv2DBackpropInput,
        {dy, filter},
        {strides: side, pad: 'valid', dataFormat: 'NHWC', inputShape: [1, side, side, 1]},
      );
      held.push(dx);
      if (heap.HEAPU8.length > before) {
        grown++;
        const values = dx.dataSync();
        expect(values[0]).toBe(1);
        expect(values.indexOf(1, 1)).toBe(-1);
      }
    }
  });
});
