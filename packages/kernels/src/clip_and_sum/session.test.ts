import {afterEach, beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {disposeParameters, makeParameters, networkShapes} from '../testing/arbitrary_parameters.js';
import {generator, realValues, smallIntegers} from '../testing/numbers.js';
import {referenceGradient} from '../testing/reference.js';
import {roundedGradient} from '../testing/rounded.js';
import {createPrivateMemory} from '../private_memory.js';
import type {PerExampleParameter} from './contribution.js';
import {openClipAndSum, openClipAndSumIn, SQUARED_NORM_RELATIVE_ERROR, type ClipAndSum} from './session.js';

beforeAll(async () => {
  await tf.setBackend('wasm');
});

let tensorsBefore = 0;
let dataBefore = 0;
beforeAll(() => {
  tensorsBefore = tf.memory().numTensors;
  dataBefore = tf.engine().backend.numDataIds();
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
  expect(tf.engine().backend.numDataIds()).toBe(dataBefore);
});

/** Opens a session over random parameters, and cleans up whatever happens. */
function withSession<R>(
  parameters: PerExampleParameter[],
  use: (session: ClipAndSum) => R,
  open: (parameters: PerExampleParameter[]) => ClipAndSum = openClipAndSum,
): R {
  const session = open(parameters);
  try {
    return use(session);
  } finally {
    session.dispose();
    disposeParameters(parameters);
  }
}

const seeds = fc.integer({min: 0, max: 2 ** 30});
const batches = fc.integer({min: 1, max: 4});

/** The float64 gradient of weight times a group's sum, all parameters. */
function reference(
  parameters: PerExampleParameter[],
  examples: readonly number[],
  weight = 1,
): Float64Array[] {
  return parameters.map((parameter) => {
    const sum = new Float64Array(parameter.size);
    for (const example of examples) referenceGradient(parameter, example).forEach((v, j) => (sum[j]! += v));
    return sum.map((v) => v * weight);
  });
}

const squaredNorm = (gradient: readonly Float64Array[]) =>
  gradient.reduce((total, part) => part.reduce((sum, v) => sum + v * v, total), 0);

/** Without negative zeros, which compare as different. */
const unsigned = (sums: readonly Float64Array[]) => sums.map((sum) => sum.map((v) => v + 0));

describe('the clip-and-sum session', () => {
  test('measures and sums exactly what a float64 reference does, where float32 has nothing to round', () => {
    fc.assert(
      fc.property(networkShapes, batches, seeds, (shapes, batch, seed) => {
        const next = generator(seed);
        const parameters = makeParameters(shapes, batch, next, smallIntegers);
        withSession(parameters, (session) => {
          const expected = parameters.map(({size}) => new Float64Array(size));
          for (let i = 0; i < batch; i++) {
            const gradient = reference(parameters, [i]);
            expect(session.measure(i)).toBe(squaredNorm(gradient));
            // Small and large ones, which are rounded in different arithmetic.
            const scale = 2 ** (40 * next() - 15) * (next() - 0.3);
            session.accumulate(scale);
            const norm = Math.abs(scale) * Math.sqrt(squaredNorm(gradient));
            parameters.forEach((parameter, p) => {
              roundedGradient(parameter, [i], scale, norm).forEach((v, j) => (expected[p]![j]! += v));
            });
          }
          expect(unsigned(session.sums())).toEqual(unsigned(expected));
        });
      }),
      {numRuns: 150},
    );
  });

  test('measures the vector that it adds, to within the stated bound', () => {
    fc.assert(
      fc.property(networkShapes, batches, seeds, (shapes, batch, seed) => {
        const next = generator(seed);
        const parameters = makeParameters(shapes, batch, next, realValues);
        withSession(parameters, (session) => {
          const measured = session.measure(batch - 1);
          const expected = squaredNorm(reference(parameters, [batch - 1]));
          expect(Math.abs(measured - expected)).toBeLessThanOrEqual(1e-5 * expected);
          if (measured === 0) return;
          const units = [2 ** 31, 2 ** 22, 2 ** 12][seed % 3]!;
          const scale = units / Math.sqrt(measured);
          session.accumulate(scale);
          const added = squaredNorm(session.sums()) / scale ** 2;
          // Rounding to the grid moves each coordinate by half a unit at most.
          const rounding = Math.sqrt(session.sums().reduce((n, s) => n + s.length, 0)) / 2 / units;
          expect(Math.sqrt(added)).toBeLessThanOrEqual(
            Math.sqrt(measured) * (1 + SQUARED_NORM_RELATIVE_ERROR + rounding),
          );
          expect(Math.sqrt(added)).toBeGreaterThanOrEqual(
            Math.sqrt(measured) * (1 - SQUARED_NORM_RELATIVE_ERROR - rounding - 2 ** -20),
          );
        });
      }),
      {numRuns: 150},
    );
  });

  test('sums a group before the norm, and weighs it', () => {
    fc.assert(
      fc.property(networkShapes, fc.array(fc.nat({max: 3}), {maxLength: 5}), seeds, (shapes, group, seed) => {
        const next = generator(seed);
        const parameters = makeParameters(shapes, 4, next, smallIntegers);
        withSession(parameters, (session) => {
          const gradient = reference(parameters, group, 0.25);
          expect(session.measureGroup(group, 0.25)).toBe(squaredNorm(gradient));
          const scale = seed % 2 === 0 ? 4 : 2 ** 24;
          session.accumulate(scale);
          const norm = scale * Math.sqrt(squaredNorm(gradient));
          const expected = parameters.map((parameter) => roundedGradient(parameter, group, scale / 4, norm));
          expect(unsigned(session.sums())).toEqual(unsigned(expected));
        });
      }),
      {numRuns: 100},
    );
  });

  test('gives the same bits in the memory of the wasm backend and in a memory of its own', () => {
    fc.assert(
      fc.property(networkShapes, batches, seeds, (shapes, batch, seed) => {
        const next = generator(seed);
        const parameters = makeParameters(shapes, batch, next, realValues);
        const run = (session: ClipAndSum) => {
          const norms: number[] = [];
          for (let i = 0; i < batch; i++) {
            norms.push(session.measure(i));
            session.accumulate(12345.678);
          }
          norms.push(session.measureGroup([0, batch - 1], 1 / 3));
          session.accumulate(12345.678);
          const result = {norms, sums: session.sums()};
          session.dispose();
          return result;
        };
        const own = run(openClipAndSumIn(createPrivateMemory(), parameters));
        withSession(parameters, (session) => expect(run(session)).toEqual(own));
      }),
      {numRuns: 60},
    );
  });

  test('adds for an example what it adds for the example alone', () => {
    fc.assert(
      fc.property(networkShapes, seeds, (shapes, seed) => {
        const next = generator(seed);
        const parameters = makeParameters(shapes, 3, next, realValues);
        withSession(parameters, (session) => {
          const add = (examples: number[]) => {
            const fresh = openClipAndSum(parameters);
            for (const example of examples) {
              const norm = Math.sqrt(fresh.measure(example));
              fresh.accumulate(2 ** 20 / Math.max(1, norm));
            }
            const sums = fresh.sums();
            fresh.dispose();
            return sums;
          };
          const [with1, without1, only1] = [add([0, 1, 2]), add([2, 0]), add([1])];
          const difference = with1.map((sum, p) => sum.map((v, j) => v - without1[p]![j]!));
          expect(unsigned(difference)).toEqual(unsigned(only1));
          expect(session.sums().every((sum) => sum.every((v) => v === 0))).toBe(true);
        });
      }),
      {numRuns: 60},
    );
  });

  test.each([NaN, Infinity, -Infinity])(
    'shows %p in an example by its norm, and in no other example',
    (bad) => {
      fc.assert(
        fc.property(
          networkShapes.filter((shapes) => shapes.length > 0),
          seeds,
          fc.boolean(),
          (shapes, seed, inDy) => {
            const next = generator(seed);
            // At least one position, and no padding to hide in, or there is nothing that could be spoilt.
            const exposed = shapes.map((uses) =>
              uses.map((use) =>
                'images' in use
                  ? {...use, axes: use.axes.map((axis) => ({...axis, pad: 0, beyond: 0}))}
                  : {...use, positions: use.positions + 1},
              ),
            );
            const parameters = makeParameters(exposed, 3, next, realValues);
            const clean = openClipAndSum(parameters);
            const norms = [0, 2].map((i) => clean.measure(i));
            clean.dispose();
            const target = parameters[0]!.contributions[0]!;
            const tensor = inDy || !('x' in target) ? target.dy : target.x;
            const values = tensor.dataSync().slice();
            values[values.length / 3] = bad;
            const spoilt = tf.tensor(values, tensor.shape);
            const first = {...target, [tensor === target.dy ? 'dy' : 'x']: spoilt};
            const changed = [
              {...parameters[0]!, contributions: [first, ...parameters[0]!.contributions.slice(1)]},
              ...parameters.slice(1),
            ];
            const session = openClipAndSum(changed);
            expect(session.measure(1)).not.toBeLessThan(Infinity);
            expect(() => session.accumulate(1)).toThrow(/finite/);
            expect([0, 2].map((i) => session.measure(i))).toEqual(norms);
            session.accumulate(1);
            expect(session.sums().every((sum) => sum.every(Number.isFinite))).toBe(true);
            session.dispose();
            spoilt.dispose();
            disposeParameters(parameters);
          },
        ),
        {numRuns: 40},
      );
    },
  );

  test.each([-1, 5, 2 ** 30])('leaves out an example that looks up row %p of 5, and no other', (bad) => {
    const indices = tf.tensor([0, 4, bad, 1, 2, 2], [3, 2], 'int32');
    const dy = tf.tensor([1, 2, 3, 4, 5, 6], [3, 2, 1]);
    const embedding = {kind: 'embedding' as const, indices, dy, rows: 5};
    const tied = {kind: 'dense' as const, x: tf.ones([3, 1, 5]), dy: tf.zeros([3, 1, 1])};
    for (const contributions of [[embedding], [embedding, tied], [tied, embedding]]) {
      const session = openClipAndSum([{size: 5, contributions}]);
      expect([0, 1, 2].map((i) => session.measure(i))).toEqual([5, NaN, 121]);
      expect(session.measureGroup([1, 0], 1)).toBeNaN();
      expect(() => session.accumulate(1)).toThrow(/finite/);
      session.measure(2);
      session.accumulate(1);
      expect(session.sums()).toEqual([Float64Array.of(0, 0, 11, 0, 0)]);
      session.dispose();
    }
    tf.dispose([indices, dy, tied.x, tied.dy]);
  });

  test('adds outer products of many examples over many blocks, one after the other or at the end', () => {
    const [batch, rows, columns] = [150, 37, 1000];
    const next = generator(3);
    const parameters = makeParameters(
      [[{kind: 'dense', positions: 1, rows, columns}]],
      batch,
      next,
      smallIntegers,
    );
    withSession(parameters, (session) => {
      const expected = new Float64Array(rows * columns);
      for (let i = 0; i < batch; i++) {
        // Some too large to be added with others.
        const scale = i % 11 === 5 ? 2 ** 20 : i + 0.5;
        const norm = scale * Math.sqrt(session.measure(i));
        session.accumulate(scale);
        roundedGradient(parameters[0]!, [i], scale, norm).forEach((v, j) => (expected[j]! += v));
        if (i % 40 === 39) expect(session.sums()).toEqual([expected]);
      }
      expect(unsigned(session.sums())).toEqual(unsigned([expected]));
    });
  });

  test('calls a closed-form gradient beyond the range of float32 infinite', () => {
    const parameters: PerExampleParameter[] = [
      {
        size: 4,
        contributions: [
          {kind: 'dense', x: tf.tensor([1e30, 1], [1, 1, 2]), dy: tf.tensor([1e30, 1], [1, 1, 2])},
        ],
      },
    ];
    withSession(parameters, (session) => expect(session.measure(0)).toBe(Infinity));
  });

  test('keeps the norm of a long, ill-scaled gradient to 1e-10', () => {
    const next = generator(7);
    const values = Float32Array.from({length: 300_001}, () => Math.exp(20 * (next() - 0.5)));
    const parameters: PerExampleParameter[] = [
      {size: values.length, contributions: [{kind: 'sum', dy: tf.tensor(values, [1, 1, values.length])}]},
    ];
    // Summed from the smallest, with Kahan's correction.
    let sum = 0;
    let correction = 0;
    for (const v of values.slice().sort()) {
      const term = v * v - correction;
      const total = sum + term;
      correction = total - sum - term;
      sum = total;
    }
    withSession(parameters, (session) => {
      expect(Math.abs(session.measure(0) / sum - 1)).toBeLessThan(SQUARED_NORM_RELATIVE_ERROR / 10);
    });
  });

  test('rounds ties to even', () => {
    const values = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 2 ** 23, 3];
    const dy = tf.tensor(values, [1, 1, values.length]);
    withSession([{size: values.length, contributions: [{kind: 'sum', dy}]}], (session) => {
      session.measure(0);
      session.accumulate(1);
      expect(session.sums()[0]!.map((v) => v + 0)).toEqual(
        Float64Array.of(0, 2, 2, 0, -2, -2, 0, 2 ** 23, 3),
      );
    });
  });

  test('takes an empty batch, parameters without a use, and no parameters', () => {
    const dense = {kind: 'dense' as const, x: tf.zeros([0, 1, 3]), dy: tf.zeros([0, 1, 2])};
    withSession(
      [
        {size: 6, contributions: [dense]},
        {size: 5, contributions: []},
      ],
      (session) => {
        expect(session.sums()).toEqual([new Float64Array(6), new Float64Array(5)]);
        expect(() => session.measure(0)).toThrow('an example must be the index of a row of the batch, got 0');
        expect(session.measureGroup([], 1)).toBe(0);
        session.accumulate(1);
        expect(session.sums()).toEqual([new Float64Array(6), new Float64Array(5)]);
      },
    );
    withSession([], (session) => expect(session.sums()).toEqual([]));
  });

  test('works when the memory grows in the middle of a session', () => {
    const dy = tf.tensor([1, 2, 3, 4], [2, 1, 2]);
    withSession([{size: 2, contributions: [{kind: 'sum', dy}]}], (session) => {
      session.measure(0);
      session.accumulate(1);
      const heap = (tf.backend() as unknown as {wasm: {HEAPU8: Uint8Array}}).wasm;
      const before = heap.HEAPU8.length;
      tf.zeros([before / 4 + 1000]).dispose();
      expect(heap.HEAPU8.length).toBeGreaterThan(before);
      expect(session.measure(1)).toBe(25);
      session.accumulate(1);
      expect(session.sums()).toEqual([Float64Array.of(4, 6)]);
    });
  });

  test('refuses what cannot be exact', () => {
    const dy = tf.tensor([1, 1], [2, 1, 1]);
    withSession([{size: 1, contributions: [{kind: 'sum', dy}]}], (session) => {
      expect(() => session.accumulate(1)).toThrow(/measured before/);
      session.measure(0);
      expect(() => session.accumulate(NaN)).toThrow(/finite/);
      session.accumulate(2 ** 52);
      expect(() => session.accumulate(1)).toThrow(/measured before, once/);
      session.measure(1);
      session.accumulate(-(2 ** 51));
      session.measure(0);
      expect(() => session.accumulate(2 ** 51)).toThrow(/2\^53/);
      expect(session.sums()).toEqual([Float64Array.of(2 ** 51)]);
    });
  });

  test('refuses shapes and dtypes that do not agree, by name', () => {
    const x = tf.zeros([2, 1, 3]);
    const dy = tf.zeros([2, 1, 2]);
    const integers = tf.zeros([2, 1, 2], 'int32');
    const other = tf.zeros([3, 1, 2]);
    const flat = tf.zeros([2, 2]);
    const open = (parameter: PerExampleParameter) => () => openClipAndSum([parameter]);
    expect(open({size: 5, contributions: [{kind: 'dense', x, dy}]})).toThrow(
      'parameters[0].contributions[0]: coordinates of the gradient must be 5, got 6',
    );
    expect(open({size: 2, contributions: [{kind: 'sum', dy: integers}]})).toThrow(
      /float32 tensors, got int32/,
    );
    expect(open({size: 2, contributions: [{kind: 'sum', dy: flat}]})).toThrow(/rank 3, got rank 2/);
    expect(open({size: 6, contributions: [{kind: 'dense', x, dy: other}]})).toThrow(/as many examples/);
    expect(open({size: 1.5, contributions: []})).toThrow(
      'parameters[0].size must be an integer >= 0, got 1.5',
    );
    const floats = tf.zeros([2, 1]);
    expect(open({size: 6, contributions: [{kind: 'embedding', indices: floats, dy, rows: 3}]})).toThrow(
      'parameters[0].contributions[0] must hold int32 indices, got float32',
    );
    const images = tf.zeros([6, 1, 1, 1]);
    const conv = {
      kind: 'conv2d' as const,
      x: images,
      dy: images,
      filterShape: [1, 1, 1, 1] as const,
      strides: [1, 1] as const,
      padTop: 0,
      padLeft: 0,
    };
    expect(open({size: 1, contributions: [{...conv, imagesPerExample: 4}]})).toThrow(
      'parameters[0].contributions[0]: axis 0 must be a multiple of imagesPerExample, which is 4',
    );
    expect(open({size: 1, contributions: [{...conv, imagesPerExample: 0}]})).toThrow(
      'parameters[0].contributions[0]: imagesPerExample must be an integer >= 1, got 0',
    );
    expect(open({size: 1, contributions: [conv, {...conv, imagesPerExample: 2}]})).toThrow(
      /as many examples/,
    );
    expect(
      open({size: 2, contributions: [{...conv, kind: 'depthwiseConv2d', filterShape: [1, 1, 1, 2]}]}),
    ).toThrow('parameters[0].contributions[0]: channels (last axis) of dy must be 2, got 1');
    tf.dispose([x, dy, integers, other, flat, floats, images]);
  });

  test('names a tensor that was disposed of too early', () => {
    const dy = tf.zeros([1, 1, 2]);
    const session = openClipAndSum([{size: 2, contributions: [{kind: 'sum', dy}]}]);
    dy.dispose();
    expect(() => session.measure(0)).toThrow('a tensor was disposed of while it was still in use');
    session.dispose();
  });

  test('is of no use after it was disposed of, which may happen twice', () => {
    const session = openClipAndSum([{size: 2, contributions: []}]);
    session.dispose();
    session.dispose();
    expect(() => session.measure(0)).toThrow(/disposed of/);
    expect(() => session.accumulate(1)).toThrow(/measured before/);
    expect(() => session.sums()).toThrow(/disposed of/);
  });

  test('survives tf.tidy around its making', () => {
    const dy = tf.ones([1, 1, 2]);
    const opened: ClipAndSum[] = [];
    tf.tidy(() => void opened.push(openClipAndSum([{size: 2, contributions: [{kind: 'sum', dy}]}])));
    const session = opened[0]!;
    const filler = tf.fill([1000], 7);
    session.measure(0);
    session.accumulate(3);
    expect(session.sums()).toEqual([Float64Array.of(3, 3)]);
    session.dispose();
    tf.dispose([dy, filler]);
  });
});

describe('on the cpu backend', () => {
  test('the session works on copies', async () => {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    const dy = tf.tensor([3, 4], [1, 1, 2]);
    const session = openClipAndSum([{size: 2, contributions: [{kind: 'sum', dy}]}]);
    expect(session.measure(0)).toBe(25);
    session.accumulate(10);
    expect(session.sums()).toEqual([Float64Array.of(30, 40)]);
    session.dispose();
    dy.dispose();
    expect(tf.memory().numTensors).toBe(before);
    await tf.setBackend('wasm');
  });
});
