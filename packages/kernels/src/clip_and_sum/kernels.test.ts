import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {Arena} from '../testing/arena.js';
import {generator, smallIntegers} from '../testing/numbers.js';
import {roundTiesToEven} from '../testing/reference.js';

// As in ../kernels.test.ts: exact values, canaries around everything, one input at the very end of the memory.

const seeds = fc.integer({min: 0, max: 2 ** 30});
const size = (max: number) => fc.integer({min: 1, max});
const unsigned = (values: Iterable<number>) => Array.from(values, (v) => v + 0);

/** Output gradients [positions, width] and ids, of which some may lie outside of the table. */
const lookups = fc.record({
  positions: fc.nat({max: 12}),
  width: size(11),
  rows: size(7),
  beyond: fc.constantFrom(0, 0, 1),
  add: fc.boolean(),
  seed: seeds,
});

function makeLookups({positions, width, rows, beyond, seed}: {[name: string]: number | boolean}) {
  const next = generator(seed as number);
  const d = smallIntegers(next, (positions as number) * (width as number));
  const span = (rows as number) + 2 * (beyond as number);
  const ids = Array.from({length: positions as number}, () => Math.floor(next() * span) - (beyond as number));
  return {next, d, ids, valid: ids.every((id) => id >= 0 && id < (rows as number))};
}

describe('addEmbeddingGradient', () => {
  test('adds to the rows looked up, and writes a NaN first where there is no such row', () => {
    fc.assert(
      fc.property(lookups, (shape) => {
        const {positions, width, rows, seed} = shape;
        const {next, d, ids, valid} = makeLookups(shape);
        const before = smallIntegers(next, rows * width);
        const expected = Array.from(before);
        ids.forEach((id, t) => {
          for (let j = 0; j < width; j++) {
            if (id >= 0 && id < rows) expected[id * width + j]! += d[t * width + j]!;
          }
        });
        if (!valid) expected[0] = NaN;
        const arena = new Arena();
        const out = arena.writable(before.length * 4, arena.place(before));
        const idsAt = arena.place(ids, 'int32');
        const ds = seed % 2 === 0 ? arena.placeLast(d) : arena.place(d);
        arena.run((kernels) => {
          kernels.addEmbeddingGradient(idsAt, ds, positions, width, out, rows);
        });
        expect(unsigned(arena.float32(out, expected.length))).toEqual(unsigned(expected));
      }),
      {numRuns: 80},
    );
  });
});

describe('groupRows and accumulateRows', () => {
  test('sum the rows of each distinct id, add them to the sums, and leave the slots clear', () => {
    fc.assert(
      fc.property(lookups, lookups, (first, second) => {
        const {width, rows} = first;
        const calls = [first, {...second, width, rows}].map((shape) => ({...shape, ...makeLookups(shape)}));
        const capacity = Math.min(rows, first.positions + second.positions);
        const arena = new Arena();
        const slots = arena.writable(rows * 4, arena.place(new Int32Array(rows), 'int32'));
        const distinct = arena.writable(capacity * 4);
        const grouped = arena.writable(capacity * width * 4);
        const sums = arena.writable(rows * width * 8, arena.place(new Float64Array(rows * width), 'float64'));
        const gradient = new Float64Array(rows * width);
        let used = 0;
        for (const {positions, ids, d, valid} of calls) {
          const idsAt = arena.place(ids, 'int32');
          const ds = arena.place(d);
          let count = 0;
          arena.run((kernels) => {
            count = kernels.groupRows(idsAt, ds, positions, width, rows, slots, distinct, grouped, used);
          });
          expect(count < 0).toBe(!valid);
          used = count < 0 ? -1 - count : count;
          const end = ids.findIndex((id) => id < 0 || id >= rows);
          ids.slice(0, end < 0 ? undefined : end).forEach((id, t) => {
            for (let j = 0; j < width; j++) gradient[id * width + j]! += d[t * width + j]!;
          });
        }
        arena.run((kernels) => {
          kernels.accumulateRows(grouped, distinct, used, width, 0.3, sums);
        });
        arena.run((kernels) => {
          kernels.clearSlots(slots, distinct, used);
        });
        expect(arena.float32(slots, rows)).toEqual(Array(rows).fill(0));
        expect(unsigned(arena.float64(sums, rows * width))).toEqual(
          unsigned(gradient.map((v) => roundTiesToEven(0.3 * v))),
        );
      }),
      {numRuns: 80},
    );
  });
});

describe('sums of rounded values', () => {
  /** Scales and values whose products are ties, or as large as may be: up to 2^22. */
  const values = (next: () => number, length: number) =>
    Float32Array.from({length}, () => {
      const kind = next();
      if (kind < 0.3) return Math.floor(9 * next() - 4) / 2;
      if (kind < 0.4) return kind < 0.35 ? 2 ** 21 : -(2 ** 21);
      return (next() - 0.5) * 2 ** (30 * next() - 9);
    });
  const scales = (next: () => number, count: number) =>
    Float32Array.from({length: count}, () => [1, 1, -1, 2, 0, next(), 2 ** -30][Math.floor(7 * next())]!);
  const counts = fc.oneof({weight: 5, arbitrary: size(9)}, {weight: 1, arbitrary: fc.constantFrom(64, 511)});

  test('addRoundedRows adds each product, rounded by itself', () => {
    fc.assert(
      fc.property(size(50), counts, fc.nat({max: 2}), seeds, (n, count, gap, seed) => {
        const next = generator(seed);
        const stride = n + gap;
        const a = values(next, count * stride - gap);
        const s = scales(next, count);
        const sums = Float64Array.from({length: n}, () => Math.floor(2 ** 50 * (next() - 0.5)));
        const expected = sums.map((sum, j) =>
          s.reduce(
            (total, scale, e) => total + roundTiesToEven(Math.fround(a[e * stride + j]! * scale)),
            sum,
          ),
        );
        const arena = new Arena();
        const out = arena.writable(8 * n, arena.place(sums, 'float64'));
        const [as, ss] = [arena.placeLast(a), arena.place(s)];
        arena.run((kernels) => kernels.addRoundedRows(as, n, 4 * stride, count, ss, out));
        expect(arena.float64(out, n)).toEqual([...expected]);
      }),
      {numRuns: 80},
    );
  });

  test('addRoundedOuters adds each product, rounded by itself', () => {
    fc.assert(
      fc.property(
        size(9),
        fc.oneof({weight: 9, arbitrary: size(35)}, {weight: 1, arbitrary: fc.constantFrom(256, 259, 530)}),
        size(9),
        seeds,
        (rows, columns, count, seed) => {
          const next = generator(seed);
          const batch = count + 2;
          const x = values(next, batch * rows);
          // Products stay within 2^22.
          const d = Float32Array.from(
            {length: batch * columns},
            () => [0.5, 1, -1, -(2 ** -149), next()][Math.floor(5 * next())]!,
          );
          const s = scales(next, count);
          const examples = Int32Array.from({length: count}, () => Math.floor(batch * next()));
          const sums = Float64Array.from({length: rows * columns}, () =>
            Math.floor(2 ** 50 * (next() - 0.5)),
          );
          const expected = sums.map((sum, j) =>
            s.reduce((total, scale, e) => {
              const scaled = Math.fround(x[examples[e]! * rows + Math.floor(j / columns)]! * scale);
              const product = Math.fround(scaled * d[examples[e]! * columns + (j % columns)]!);
              return total + roundTiesToEven(product);
            }, sum),
          );
          const arena = new Arena();
          const out = arena.writable(8 * sums.length, arena.place(sums, 'float64'));
          const scratch = arena.writable(arena.kernels.addRoundedOutersScratch(columns, count));
          const [xs, ds] =
            seed % 2 === 0 ? [arena.placeLast(x), arena.place(d)] : [arena.place(x), arena.placeLast(d)];
          const [es, ss] = [arena.place(examples, 'int32'), arena.place(s)];
          arena.run((kernels) =>
            kernels.addRoundedOuters(xs, rows, ds, columns, es, ss, count, out, scratch),
          );
          expect(arena.float64(out, sums.length)).toEqual([...expected]);
        },
      ),
      {numRuns: 80},
    );
  });

  test('511 of the largest values add up', () => {
    const arena = new Arena();
    const count = 511;
    const a = arena.place(new Float32Array(5 * count).fill(2 ** 22));
    const scales = arena.place(new Float32Array(count).fill(1));
    const out = arena.writable(40, arena.place(new Float64Array(5), 'float64'));
    arena.run((kernels) => kernels.addRoundedRows(a, 5, 20, count, scales, out));
    expect(arena.float64(out, 5)).toEqual(Array(5).fill(count * 2 ** 22));
  });
});

describe('addDepthwiseFilterGradient', () => {
  test('adds to the filter, over several images', () => {
    fc.assert(
      fc.property(size(3), size(4), size(6), size(3), seeds, (batch, channels, multiplier, filter, seed) => {
        const next = generator(seed);
        const [side, outSide] = [4, 3];
        const x = smallIntegers(next, batch * side * side * channels);
        const dy = smallIntegers(next, batch * outSide * outSide * channels * multiplier);
        const dw = smallIntegers(next, filter * filter * channels * multiplier);
        const expected = Array.from(dw);
        for (let b = 0; b < batch; b++) {
          for (let o = 0; o < outSide * outSide; o++) {
            for (let k = 0; k < filter * filter; k++) {
              const y = Math.floor(o / outSide) - 1 + Math.floor(k / filter);
              const z = (o % outSide) - 1 + (k % filter);
              if (y < 0 || y >= side || z < 0 || z >= side) continue;
              for (let c = 0; c < channels; c++) {
                for (let m = 0; m < multiplier; m++) {
                  expected[(k * channels + c) * multiplier + m]! +=
                    x[((b * side + y) * side + z) * channels + c]! *
                    dy[((b * outSide * outSide + o) * channels + c) * multiplier + m]!;
                }
              }
            }
          }
        }
        const arena = new Arena();
        const out = arena.writable(dw.length * 4, arena.place(dw));
        const [xs, dys] =
          seed % 2 === 0 ? [arena.placeLast(x), arena.place(dy)] : [arena.place(x), arena.placeLast(dy)];
        arena.run((kernels) => {
          kernels.addDepthwiseFilterGradient(
            xs,
            dys,
            out,
            batch,
            side,
            side,
            channels,
            multiplier,
            outSide,
            outSide,
            filter,
            filter,
            1,
            1,
            1,
            1,
            1,
            1,
          );
        });
        expect(unsigned(arena.float32(out, expected.length))).toEqual(unsigned(expected));
      }),
      {numRuns: 80},
    );
  });
});
