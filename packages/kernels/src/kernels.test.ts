import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {Arena} from './testing/arena.js';
import {generator, smallIntegers} from './testing/numbers.js';
import {roundTiesToEven} from './testing/reference.js';

// The exported functions themselves, in a memory full of canaries: results are exact (small integers), inputs are
// read and outputs written at addresses with no alignment, and nothing outside the output and the scratch changes.

const seeds = fc.integer({min: 0, max: 2 ** 30});
const size = (max: number) => fc.integer({min: 1, max});
const unsigned = (values: Iterable<number>) => Array.from(values, (v) => v + 0);

describe('filterGradient', () => {
  test('is the sum over positions, for runs of any length, added or not', () => {
    fc.assert(
      fc.property(
        fc.record({
          // More than 256 positions are taken in blocks.
          positions: fc.oneof(
            {weight: 4, arbitrary: fc.tuple(fc.nat({max: 4}), fc.nat({max: 5}))},
            {weight: 1, arbitrary: fc.tuple(fc.integer({min: 9, max: 24}), fc.integer({min: 30, max: 40}))},
          ),
          yGap: fc.nat({max: 3}),
          zStep: size(5),
          runs: size(4),
          run: size(11),
          columns: size(34),
          add: fc.boolean(),
          last: fc.constantFrom('x', 'd'),
          seed: seeds,
        }),
        ({positions: [ys, zs], yGap, zStep, runs, run, columns, add, last, seed}) => {
          const next = generator(seed);
          const runStep = zs * zStep + run;
          const yStep = runStep + yGap;
          const length =
            Math.max(0, ys - 1) * yStep + Math.max(0, zs - 1) * zStep + (runs - 1) * runStep + run;
          const x = smallIntegers(next, length);
          const d = smallIntegers(next, ys * zs * columns);
          const before = smallIntegers(next, runs * run * columns);
          const expected = Array.from(before, (v) => (add ? v : 0));
          for (let y = 0; y < ys; y++) {
            for (let z = 0; z < zs; z++) {
              for (let k = 0; k < runs * run; k++) {
                const at = y * yStep + z * zStep + Math.floor(k / run) * runStep + (k % run);
                for (let f = 0; f < columns; f++) {
                  expected[k * columns + f]! += x[at]! * d[(y * zs + z) * columns + f]!;
                }
              }
            }
          }
          const arena = new Arena();
          const out = arena.writable(before.length * 4, arena.place(before));
          const scratch = arena.writable(arena.kernels.filterGradientScratch(ys, zs));
          const [xs, ds] =
            last === 'x' ? [arena.placeLast(x), arena.place(d)] : [arena.place(x), arena.placeLast(d)];
          arena.run((kernels) => {
            kernels.filterGradient(
              xs,
              ys,
              zs,
              yStep * 4,
              zStep * 4,
              runs,
              run,
              runStep * 4,
              ds,
              columns,
              out,
              scratch,
              Number(add),
            );
          });
          expect(unsigned(arena.float32(out, expected.length))).toEqual(unsigned(expected));
        },
      ),
      {numRuns: 150},
    );
  });

  test('keeps a NaN in the rows and columns that hold it', () => {
    const arena = new Arena();
    const [positions, rows, columns] = [3, 6, 5];
    const x = new Float32Array(positions * rows).fill(1);
    const d = new Float32Array(positions * columns).fill(1);
    x[rows + 2] = NaN;
    d[columns + 4] = Infinity;
    const out = arena.writable(rows * columns * 4);
    const scratch = arena.writable(arena.kernels.filterGradientScratch(1, positions));
    const [xs, ds] = [arena.place(x), arena.place(d)];
    arena.run((kernels) => {
      kernels.filterGradient(xs, 1, positions, 0, rows * 4, 1, rows, 0, ds, columns, out, scratch, 0);
    });
    const expected = Array.from({length: rows * columns}, (_, i) => {
      if (Math.floor(i / columns) === 2) return NaN;
      return i % columns === 4 ? Infinity : positions;
    });
    expect(arena.float32(out, rows * columns)).toEqual(expected);
  });
});

describe('matMul', () => {
  const product = (
    {rows, columns, depth}: {rows: number; columns: number; depth: number},
    transposeA: boolean,
    transposeB: boolean,
    seed: number,
    add = false,
  ) => {
    const next = generator(seed);
    const a = smallIntegers(next, rows * depth);
    const b = smallIntegers(next, depth * columns);
    const before = smallIntegers(next, rows * columns);
    const expected = Array.from(before, (v, i) => {
      const [m, n] = [Math.floor(i / columns), i % columns];
      let sum = add ? v : 0;
      for (let p = 0; p < depth; p++) {
        sum +=
          a[transposeA ? p * rows + m : m * depth + p]! * b[transposeB ? n * depth + p : p * columns + n]!;
      }
      return sum;
    });
    const arena = new Arena();
    const out = arena.writable(before.byteLength, arena.place(before));
    const scratch = arena.writable(arena.kernels.matMulScratch(rows, depth));
    const [as, bs] =
      seed % 2 === 0 ? [arena.placeLast(a), arena.place(b)] : [arena.place(a), arena.placeLast(b)];
    arena.run((kernels) => {
      kernels.matMul(
        as,
        transposeA ? 4 : depth * 4,
        transposeA ? rows * 4 : 4,
        bs,
        transposeB ? 4 : columns * 4,
        transposeB ? depth * 4 : 4,
        out,
        rows,
        columns,
        depth,
        scratch,
        Number(add),
      );
    });
    expect(unsigned(arena.float32(out, expected.length))).toEqual(unsigned(expected));
  };

  test('multiplies with either factor transposed, added or not', () => {
    fc.assert(
      fc.property(
        fc.record({rows: size(21), columns: size(41), depth: fc.nat({max: 21})}),
        fc.boolean(),
        fc.boolean(),
        seeds,
        fc.boolean(),
        product,
      ),
      {numRuns: 150},
    );
  });

  test.each([
    [130, 9, 3],
    [5, 9, 600],
    [131, 17, 259],
  ])('multiplies %i x %i over %i, which takes several blocks', (rows, columns, depth) => {
    for (const transposeA of [false, true]) {
      for (const add of [false, true]) product({rows, columns, depth}, transposeA, !transposeA, rows, add);
    }
  });

  test('keeps a NaN in its row and an infinity in its column', () => {
    const [depth, rows, columns] = [3, 22, 29];
    const a = new Float32Array(depth * rows).fill(1);
    const b = new Float32Array(depth * columns).fill(1);
    a[rows + 17] = NaN;
    b[columns + 9] = Infinity;
    const arena = new Arena();
    const out = arena.writable(rows * columns * 4);
    const scratch = arena.writable(arena.kernels.matMulScratch(rows, depth));
    const [as, bs] = [arena.place(a), arena.place(b)];
    arena.run((kernels) => {
      kernels.matMul(as, 4, rows * 4, bs, columns * 4, 4, out, rows, columns, depth, scratch, 0);
    });
    const expected = Array.from({length: rows * columns}, (_, i) => {
      if (Math.floor(i / columns) === 17) return NaN;
      return i % columns === 9 ? Infinity : depth;
    });
    expect(arena.float32(out, rows * columns)).toEqual(expected);
  });
});

describe('exp and tanh', () => {
  /** The distance of float32 numbers around a value. */
  const ulp = (value: number) => {
    let exponent = -126;
    while (exponent < 127 && 2 ** (exponent + 1) <= Math.abs(value)) exponent++;
    return 2 ** (exponent - 23);
  };
  const functions = {exp: Math.exp, tanh: Math.tanh};

  test.each(['exp', 'tanh'] as const)('%s is within two units in the last place of float64', (name) => {
    fc.assert(
      fc.property(
        fc.constantFrom(1e-30, 1e-3, 0.2, 1, 5, 20, 90, 120),
        fc.nat({max: 9}),
        seeds,
        (span, n, seed) => {
          const next = generator(seed);
          const a = Float32Array.from({length: 64 + n}, () => span * (2 * next() - 1));
          const arena = new Arena();
          const out = arena.writable(a.byteLength);
          const as = arena.placeLast(a);
          arena.run((kernels) => kernels[name](as, a.length, out));
          arena.float32(out, a.length).forEach((value, i) => {
            const exact = functions[name](a[i]!);
            if (Math.fround(exact) === Infinity) expect(value).toBe(Infinity);
            else expect(Math.abs(value - exact)).toBeLessThanOrEqual(2 * ulp(exact));
          });
        },
      ),
      {numRuns: 200},
    );
  });

  test('keep NaN, infinities, signed zeros and subnormal numbers', () => {
    const a = [NaN, Infinity, -Infinity, 0, -0, 2 ** -149, -(2 ** -130), 3.4e38, -3.4e38];
    const values = (name: 'exp' | 'tanh') => {
      const arena = new Arena();
      const at = arena.place(a);
      arena.writable(4 * a.length, at);
      arena.run((kernels) => kernels[name](at, a.length, at));
      return arena.float32(at, a.length);
    };
    expect(values('exp')).toEqual([NaN, Infinity, 0, 1, 1, 1, 1, Infinity, 0]);
    expect(values('tanh')).toEqual([NaN, 1, -1, 0, -0, 2 ** -149, -(2 ** -130), 1, -1]);
  });
});

/** A convolution or pooling with explicit padding, whose last window may end inside or beyond the image. */
const geometry = (maxChannels: number) =>
  fc
    .record({
      batch: fc.nat({max: 3}),
      channels: size(maxChannels),
      height: size(9),
      width: size(9),
      filterHeight: size(4),
      filterWidth: size(4),
      strideHeight: size(3),
      strideWidth: size(3),
      padTop: fc.nat({max: 3}),
      padLeft: fc.nat({max: 3}),
      padBottom: fc.nat({max: 3}),
      padRight: fc.nat({max: 3}),
    })
    .map((g) => ({
      ...g,
      outHeight: Math.floor((g.height + g.padTop + g.padBottom - g.filterHeight) / g.strideHeight) + 1,
      outWidth: Math.floor((g.width + g.padLeft + g.padRight - g.filterWidth) / g.strideWidth) + 1,
    }))
    .filter((g) => g.outHeight > 0 && g.outWidth > 0);

test('conv2d is the sum over windows, with bias and relu, and keeps a NaN to its own outputs', () => {
  const unpadded = geometry(5).map((g) => ({
    ...g,
    outHeight: Math.floor((g.height - g.filterHeight) / g.strideHeight) + 1,
    outWidth: Math.floor((g.width - g.filterWidth) / g.strideWidth) + 1,
  }));
  fc.assert(
    fc.property(
      unpadded.filter((g) => g.outHeight > 0 && g.outWidth > 0),
      size(19),
      fc.boolean(),
      fc.boolean(),
      seeds,
      (g, filters, hasBias, relu, seed) => {
        const next = generator(seed);
        const run = g.filterWidth * g.channels;
        const window = g.filterHeight * run;
        const x = smallIntegers(next, g.batch * g.height * g.width * g.channels);
        if (x.length > 0 && seed % 3 === 0) x[seed % x.length] = NaN;
        const w = smallIntegers(next, window * filters);
        const bias = hasBias ? smallIntegers(next, filters) : new Float32Array(filters);
        const expected = Array.from({length: g.batch * g.outHeight * g.outWidth * filters}, (_, i) => {
          const f = i % filters;
          const ox = Math.floor(i / filters) % g.outWidth;
          const oy = Math.floor(i / filters / g.outWidth) % g.outHeight;
          const image = Math.floor(i / filters / g.outWidth / g.outHeight);
          let sum = bias[f]!;
          for (let k = 0; k < window; k++) {
            const y = oy * g.strideHeight + Math.floor(k / run);
            const at = ((image * g.height + y) * g.width + ox * g.strideWidth) * g.channels + (k % run);
            sum += x[at]! * w[k * filters + f]!;
          }
          return relu ? Math.max(0, sum) : sum;
        });
        const arena = new Arena();
        const out = arena.writable(expected.length * 4);
        const panels = arena.writable(arena.kernels.filterPanelsSize(window, filters));
        const scratch = arena.writable(arena.kernels.conv2dScratch(window));
        const [xs, ws] =
          seed % 2 === 0 ? [arena.placeLast(x), arena.place(w)] : [arena.place(x), arena.placeLast(w)];
        const biases = hasBias ? arena.place(bias) : 0;
        const row = g.width * g.channels * 4;
        arena.run((kernels) => {
          kernels.packFilter(ws, window, filters, panels);
          kernels.conv2d(
            xs,
            g.batch,
            g.outHeight,
            g.outWidth,
            g.height * row,
            g.strideHeight * row,
            g.strideWidth * g.channels * 4,
            row,
            g.filterHeight,
            run,
            panels,
            filters,
            biases,
            Number(relu),
            out,
            scratch,
          );
        });
        expect(unsigned(arena.float32(out, expected.length))).toEqual(unsigned(expected));
      },
    ),
    {numRuns: 150},
  );
});

test('convInputGradient is the transpose of the convolution', () => {
  fc.assert(
    fc.property(geometry(5), size(19), seeds, (g, filters, seed) => {
      const next = generator(seed);
      const dy = smallIntegers(next, g.batch * g.outHeight * g.outWidth * filters);
      const w = smallIntegers(next, g.filterHeight * g.filterWidth * g.channels * filters);
      const expected = new Array<number>(g.batch * g.height * g.width * g.channels).fill(0);
      dy.forEach((gradient, i) => {
        const f = i % filters;
        const ox = Math.floor(i / filters) % g.outWidth;
        const oy = Math.floor(i / filters / g.outWidth) % g.outHeight;
        const image = Math.floor(i / filters / g.outWidth / g.outHeight);
        for (let r = 0; r < g.filterHeight; r++) {
          for (let s = 0; s < g.filterWidth; s++) {
            const y = oy * g.strideHeight - g.padTop + r;
            const x = ox * g.strideWidth - g.padLeft + s;
            if (y < 0 || y >= g.height || x < 0 || x >= g.width) continue;
            for (let c = 0; c < g.channels; c++) {
              expected[((image * g.height + y) * g.width + x) * g.channels + c]! +=
                gradient * w[((r * g.filterWidth + s) * g.channels + c) * filters + f]!;
            }
          }
        }
      });
      const arena = new Arena();
      // What is there already stays: gradients are added.
      const before = smallIntegers(next, expected.length);
      const dx = arena.writable(expected.length * 4, arena.place(before));
      before.forEach((value, i) => (expected[i]! += value));
      const window = g.filterHeight * g.filterWidth * g.channels;
      const scratch = arena.writable(arena.kernels.convInputGradientScratch(window, filters));
      const [dys, ws] =
        seed % 2 === 0 ? [arena.placeLast(dy), arena.place(w)] : [arena.place(dy), arena.placeLast(w)];
      arena.run((kernels) => {
        kernels.convInputGradient(
          dys,
          ws,
          dx,
          g.batch,
          g.height,
          g.width,
          g.channels,
          g.outHeight,
          g.outWidth,
          filters,
          g.filterHeight,
          g.filterWidth,
          g.strideHeight,
          g.strideWidth,
          g.padTop,
          g.padLeft,
          scratch,
        );
      });
      expect(unsigned(arena.float32(dx, expected.length))).toEqual(unsigned(expected));
    }),
    {numRuns: 150},
  );
});

test('maxPoolGrad sends each gradient to the first maximum of its window', () => {
  fc.assert(
    fc.property(geometry(9), seeds, (g, seed) => {
      const next = generator(seed);
      // Many ties, nothing positive, and now and then a NaN or an infinity.
      const special = [NaN, -Infinity, Infinity];
      const x = smallIntegers(next, g.batch * g.height * g.width * g.channels).map((v) =>
        next() < 0.1 ? special[Math.floor(3 * next())]! : v - 3,
      );
      const dy = smallIntegers(next, g.batch * g.outHeight * g.outWidth * g.channels);
      const expected = new Array<number>(x.length).fill(0);
      dy.forEach((gradient, i) => {
        const c = i % g.channels;
        const ox = Math.floor(i / g.channels) % g.outWidth;
        const oy = Math.floor(i / g.channels / g.outWidth) % g.outHeight;
        const image = Math.floor(i / g.channels / g.outWidth / g.outHeight);
        let best = -Infinity;
        let place = -1;
        for (let r = 0; r < g.filterHeight; r++) {
          for (let s = 0; s < g.filterWidth; s++) {
            const y = oy * g.strideHeight - g.padTop + r;
            const z = ox * g.strideWidth - g.padLeft + s;
            if (y < 0 || y >= g.height || z < 0 || z >= g.width) continue;
            const at = ((image * g.height + y) * g.width + z) * g.channels + c;
            if (x[at]! > best) {
              best = x[at]!;
              place = at;
            }
          }
        }
        if (place >= 0) expected[place]! += gradient;
      });
      const arena = new Arena();
      const dx = arena.writable(x.length * 4);
      const [xs, dys] =
        seed % 2 === 0 ? [arena.placeLast(x), arena.place(dy)] : [arena.place(x), arena.placeLast(dy)];
      arena.run((kernels) => {
        kernels.maxPoolGrad(
          xs,
          dys,
          dx,
          g.batch,
          g.height,
          g.width,
          g.channels,
          g.outHeight,
          g.outWidth,
          g.filterHeight,
          g.filterWidth,
          g.strideHeight,
          g.strideWidth,
          g.padTop,
          g.padLeft,
        );
      });
      expect(unsigned(arena.float32(dx, x.length))).toEqual(unsigned(expected));
    }),
    {numRuns: 150},
  );
});

test('segmentSum adds rows by id and drops ids outside', () => {
  fc.assert(
    fc.property(fc.nat({max: 20}), size(9), size(6), seeds, (rows, width, segments, seed) => {
      const next = generator(seed);
      const x = smallIntegers(next, rows * width);
      const extremes = [-1, segments, -(2 ** 31), 2 ** 31 - 1];
      const ids = Array.from({length: rows}, () =>
        next() < 0.2 ? extremes[Math.floor(4 * next())]! : Math.floor(segments * next()),
      );
      const expected = new Array<number>(segments * width).fill(0);
      ids.forEach((id, i) => {
        if (id < 0 || id >= segments) return;
        for (let j = 0; j < width; j++) expected[id * width + j]! += x[i * width + j]!;
      });
      const arena = new Arena();
      const out = arena.writable(expected.length * 4);
      const [xs, is] = [arena.placeLast(x), arena.place(ids, 'int32')];
      arena.run((kernels) => kernels.segmentSum(xs, is, rows, width, out, segments));
      expect(unsigned(arena.float32(out, expected.length))).toEqual(unsigned(expected));
    }),
  );
});

describe('the parts of clip and sum', () => {
  test('columnSums sums columns', () => {
    fc.assert(
      fc.property(fc.nat({max: 9}), size(40), fc.boolean(), seeds, (rows, columns, add, seed) => {
        const next = generator(seed);
        const d = smallIntegers(next, rows * columns);
        const before = smallIntegers(next, columns);
        const expected = Array.from(before, (v) => (add ? v : 0));
        d.forEach((v, i) => (expected[i % columns]! += v));
        const arena = new Arena();
        const out = arena.writable(columns * 4, arena.place(before));
        const ds = arena.placeLast(d);
        arena.run((kernels) => kernels.columnSums(ds, rows, columns, out, Number(add)));
        expect(unsigned(arena.float32(out, columns))).toEqual(unsigned(expected));
      }),
    );
  });

  test('sumOfSquares sums squares, however many', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat({max: 40}), fc.integer({min: 4000, max: 13000})), seeds, (n, seed) => {
        const a = smallIntegers(generator(seed), n);
        const arena = new Arena();
        const at = arena.placeLast(a);
        arena.run((kernels) =>
          expect(kernels.sumOfSquares(at, n)).toBe(a.reduce((sum, v) => sum + v * v, 0)),
        );
      }),
    );
  });

  test('accumulate and accumulateOuter add rounded products', () => {
    fc.assert(
      fc.property(size(9), size(34), seeds, (rows, columns, seed) => {
        const next = generator(seed);
        const [x, d] = [smallIntegers(next, rows), smallIntegers(next, columns)];
        const before = Float64Array.from({length: rows * columns}, () =>
          Math.floor(2 ** 50 * (next() - 0.5)),
        );
        const scale = 10 * (next() - 0.5);
        const arena = new Arena();
        const outer = arena.writable(before.length * 8, arena.place(before, 'float64'));
        const row = arena.writable(columns * 8, arena.place(before.subarray(0, columns), 'float64'));
        const [xs, ds] = [arena.place(x), arena.placeLast(d)];
        arena.run((kernels) => {
          kernels.accumulateOuter(xs, rows, ds, columns, scale, outer);
          kernels.accumulate(ds, columns, scale, row);
        });
        const expected = before.map(
          (v, i) => v + roundTiesToEven(x[Math.floor(i / columns)]! * scale * d[i % columns]!),
        );
        expect(arena.float64(outer, before.length)).toEqual([...expected]);
        expect(arena.float64(row, columns)).toEqual(
          Array.from(d, (v, i) => before[i]! + roundTiesToEven(v * scale)),
        );
      }),
    );
  });

  test('copyImage copies rows of any length and leaves what lies between them', () => {
    fc.assert(
      fc.property(
        fc.nat({max: 4}),
        fc.oneof(size(70), fc.integer({min: 250, max: 300})),
        fc.nat({max: 9}),
        fc.nat({max: 9}),
        (rows, rowBytes, sourceGap, targetGap) => {
          const arena = new Arena();
          const [sourceStride, targetStride] = [rowBytes + sourceGap, rowBytes + targetGap];
          const words = (bytes: number) => Math.ceil(bytes / 4);
          const values = Int32Array.from(
            {length: words(rows * sourceStride)},
            (_, i) => 0x01020304 * (i + 1),
          );
          const before = new Int32Array(words(rows * targetStride));
          const source = arena.place(values, 'int32');
          const target = arena.writable(before.byteLength, arena.place(before, 'int32'));
          arena.run((kernels) =>
            kernels.copyImage(source, target, rows, rowBytes, sourceStride, targetStride),
          );
          const given = new Uint8Array(values.buffer);
          const expected = new Uint8Array(before.byteLength);
          for (let y = 0; y < rows; y++) {
            expected.set(given.subarray(y * sourceStride, y * sourceStride + rowBytes), y * targetStride);
          }
          expect(arena.bytes(target, before.byteLength)).toEqual([...expected]);
        },
      ),
    );
  });
});
