import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {Arena} from '../testing/arena.js';
import {generator, smallIntegers} from '../testing/numbers.js';
import {roundTiesToEven} from '../testing/reference.js';

// As in ../kernels.test.ts: exact values, canaries around everything, one input at the very end of the memory.

const seeds = fc.integer({min: 0, max: 2 ** 30});
const size = (max: number) => fc.integer({min: 1, max});
const unsigned = (values: Iterable<number>) => Array.from(values, (v) => v + 0);

describe('denseGradient', () => {
  test('is the sum over positions of outer products, added or not', () => {
    fc.assert(
      fc.property(
        // More than 256 positions and more than 16 rows are taken in blocks.
        fc.oneof(
          {weight: 9, arbitrary: fc.nat({max: 9})},
          {weight: 1, arbitrary: fc.integer({min: 250, max: 520})},
        ),
        size(37),
        size(29),
        fc.boolean(),
        seeds,
        (positions, rows, columns, add, seed) => {
          const next = generator(seed);
          const x = smallIntegers(next, positions * rows);
          const d = smallIntegers(next, positions * columns);
          const before = smallIntegers(next, rows * columns);
          const expected = Array.from(before, (v, i) => {
            let sum = add ? v : 0;
            for (let t = 0; t < positions; t++) {
              sum += x[t * rows + Math.floor(i / columns)]! * d[t * columns + (i % columns)]!;
            }
            return sum;
          });
          const arena = new Arena();
          const out = arena.writable(before.length * 4, arena.place(before));
          const scratch = arena.writable(arena.kernels.denseGradientScratch(positions, rows, columns));
          const [xs, ds] =
            seed % 2 === 0 ? [arena.placeLast(x), arena.place(d)] : [arena.place(x), arena.placeLast(d)];
          arena.run((kernels) => {
            kernels.denseGradient(xs, ds, positions, rows, columns, out, scratch, Number(add));
          });
          expect(unsigned(arena.float32(out, expected.length))).toEqual(unsigned(expected));
        },
      ),
      {numRuns: 80},
    );
  });

  test('keeps a NaN in the rows and columns that hold it', () => {
    const [positions, rows, columns] = [3, 22, 13];
    const x = new Float32Array(positions * rows).fill(1);
    const d = new Float32Array(positions * columns).fill(1);
    x[rows + 17] = NaN;
    d[columns + 9] = Infinity;
    const arena = new Arena();
    const out = arena.writable(rows * columns * 4);
    const scratch = arena.writable(arena.kernels.denseGradientScratch(positions, rows, columns));
    const [xs, ds] = [arena.place(x), arena.place(d)];
    arena.run((kernels) => {
      kernels.denseGradient(xs, ds, positions, rows, columns, out, scratch, 0);
    });
    const expected = Array.from({length: rows * columns}, (_, i) => {
      if (Math.floor(i / columns) === 17) return NaN;
      return i % columns === 9 ? Infinity : positions;
    });
    expect(arena.float32(out, rows * columns)).toEqual(expected);
  });
});

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
