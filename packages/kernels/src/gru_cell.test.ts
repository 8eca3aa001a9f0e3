import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {Arena} from './testing/arena.js';
import {generator, realValues} from './testing/numbers.js';

// The two halves of a step of a gated recurrent unit, and their gradients, in a memory full of canaries, against the equations.

const shapes = fc.record({
  rows: fc.integer({min: 1, max: 4}),
  units: fc.integer({min: 1, max: 11}),
  gap: fc.nat({max: 3}),
  first: fc.boolean(),
  hard: fc.boolean(),
  seed: fc.integer({min: 0, max: 2 ** 30}),
});

const squash = (x: number, hard: boolean) =>
  hard ? Math.min(1, Math.max(0, 0.2 * x + 0.5)) : 1 / (1 + Math.exp(-x));
const slope = (s: number, hard: boolean) => (hard ? (s > 0 && s < 1 ? 0.2 : 0) : s * (1 - s));

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-6));
}

/** Rows of so many values with gaps between them, of which only the values may be written. */
function placeRows(arena: Arena, values: Float32Array, rows: number, gap: number): number {
  const width = values.length / rows;
  const spread = new Float32Array(rows * (width + gap));
  for (let r = 0; r < rows; r++) spread.set(values.subarray(r * width, (r + 1) * width), r * (width + gap));
  const at = arena.place(spread);
  for (let r = 0; r < rows; r++) arena.writable(width * 4, at + r * (width + gap) * 4);
  return at;
}

describe('gruGates and gruCandidate', () => {
  test('activate the gates, reset the state and step, for rows of any stride', () => {
    fc.assert(
      fc.property(shapes, ({rows, units, gap, first, hard, seed}) => {
        const next = generator(seed);
        const arena = new Arena();
        const width = 3 * units;
        const input = realValues(next, rows * width).map((v) => 4 * v);
        const [u, v] = [realValues(next, rows * 2 * units), realValues(next, rows * units)];
        const previous = realValues(next, first ? units : rows * units);
        const gates = placeRows(arena, input, rows, gap);
        const [reset, out] = [0, 1].map(() =>
          placeRows(arena, new Float32Array(rows * units), rows, gap),
        ) as [number, number];
        const [uAt, vAt] = [arena.place(u), arena.place(v)];
        const before = arena.placeLast(previous);
        const [gatesRow, row] = [(width + gap) * 4, (units + gap) * 4];
        const beforeRow = first ? 0 : units * 4;
        arena.run((kernels) => {
          kernels.gruGates(uAt, gates, gatesRow, before, beforeRow, reset, row, rows, units, Number(hard));
          kernels.gruCandidate(vAt, gates, gatesRow, before, beforeRow, out, row, rows, units);
        });
        for (let r = 0; r < rows; r++) {
          const states = Array.from({length: units}, (_, j) => previous[first ? j : r * units + j]!);
          const expected = Array.from({length: width}, (_, k) => {
            const own = input[r * width + k]!;
            return k < 2 * units
              ? squash(own + u[r * 2 * units + k]!, hard)
              : Math.tanh(own + v[r * units + k - 2 * units]!);
          });
          expectNear(arena.float32(gates + r * gatesRow, width), expected);
          expectNear(
            arena.float32(reset + r * row, units),
            states.map((h, j) => expected[units + j]! * h),
          );
          expectNear(
            arena.float32(out + r * row, units),
            states.map((h, j) => expected[j]! * h + (1 - expected[j]!) * expected[2 * units + j]!),
          );
        }
      }),
      {numRuns: 40},
    );
  });
});

describe('gruCandidateGradient and gruGatesGradient', () => {
  test('are the gradients by the chain rule', () => {
    fc.assert(
      fc.property(shapes, ({rows, units, gap, first, hard, seed}) => {
        const next = generator(seed);
        const arena = new Arena();
        const width = 3 * units;
        // Some hard gates lie at an end, where their slope is 0.
        const values = realValues(next, rows * width).map((g, k) =>
          k % width >= 2 * units ? g : hard && g > 0.6 ? 1 : (g + 1) / 2,
        );
        const previous = realValues(next, first ? units : rows * units);
        const [dy, dh, dr] = [0, 1, 2].map(() => realValues(next, rows * units)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const gates = placeRows(arena, values, rows, gap);
        const dAt = placeRows(arena, new Float32Array(rows * width), rows, gap);
        const dyAt = placeRows(arena, dy, rows, gap);
        const dhAt = arena.writable(rows * units * 4, arena.place(dh));
        const drAt = arena.place(dr);
        const before = arena.placeLast(previous);
        const [gatesRow, row, beforeRow] = [(width + gap) * 4, (units + gap) * 4, first ? 0 : units * 4];
        const h = Number(hard);
        arena.run((kernels) => {
          kernels.gruCandidateGradient(
            gates,
            gatesRow,
            before,
            beforeRow,
            dyAt,
            row,
            dhAt,
            dAt,
            rows,
            units,
            h,
          );
          kernels.gruGatesGradient(gates, gatesRow, before, beforeRow, drAt, dhAt, dAt, rows, units, h);
        });
        for (let r = 0; r < rows; r++) {
          const expected: number[] = [];
          const through: number[] = [];
          for (let j = 0; j < units; j++) {
            const [z, reset, c] = [0, 1, 2].map((gate) => values[r * width + gate * units + j]!) as [
              number,
              number,
              number,
            ];
            const at = r * units + j;
            const state = previous[first ? j : at]!;
            const output = dy[at]! + dh[at]!;
            expected[j] = output * (state - c) * slope(z, hard);
            expected[units + j] = dr[at]! * state * slope(reset, hard);
            expected[2 * units + j] = output * (1 - z) * (1 - c * c);
            through[j] = output * z + dr[at]! * reset;
          }
          expectNear(arena.float32(dAt + r * gatesRow, width), expected);
          expectNear(arena.float32(dhAt + r * units * 4, units), through);
        }
      }),
      {numRuns: 40},
    );
  });
});
