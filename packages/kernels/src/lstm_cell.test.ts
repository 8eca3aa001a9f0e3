import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {Arena} from './testing/arena.js';
import {generator, realValues} from './testing/numbers.js';

// One step of an LSTM cell in a memory full of canaries, against the equations, in float64.

const shapes = fc.record({
  rows: fc.integer({min: 1, max: 4}),
  units: fc.integer({min: 1, max: 11}),
  steps: fc.integer({min: 1, max: 3}),
  first: fc.boolean(),
  hard: fc.boolean(),
  seed: fc.integer({min: 0, max: 2 ** 30}),
});

const squash = (x: number, hard: boolean) =>
  hard ? Math.min(1, Math.max(0, 0.2 * x + 0.5)) : 1 / (1 + Math.exp(-x));
const slope = (s: number, hard: boolean) => (hard ? (s > 0 && s < 1 ? 0.2 : 0) : s * (1 - s));

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-6));
}

describe('lstmCell', () => {
  test('activates the gates and steps, for rows of any stride', () => {
    fc.assert(
      fc.property(shapes, ({rows, units, steps, first, hard, seed}) => {
        const next = generator(seed);
        const arena = new Arena();
        const width = 4 * units;
        const input = realValues(next, rows * steps * width).map((v) => 4 * v);
        const state = realValues(next, rows * width);
        const previous = realValues(next, first ? units : rows * units);
        // The last step of each row of [rows, steps, ...]: other steps must stay as they are.
        const [gateSkip, stateSkip] = [(steps - 1) * width, (steps - 1) * units];
        const gates = arena.place(input);
        for (let r = 0; r < rows; r++) arena.writable(width * 4, gates + (r * steps * width + gateSkip) * 4);
        const cells = Array.from({length: rows}, () => 0);
        const outBase = arena.place(new Float32Array(2 * rows * steps * units));
        const outAt = outBase + rows * steps * units * 4;
        for (let r = 0; r < rows; r++) {
          cells[r] = outBase + (r * steps * units + stateSkip) * 4;
          arena.writable(units * 4, cells[r]);
          arena.writable(units * 4, outAt + (r * steps * units + stateSkip) * 4);
        }
        const z = arena.place(state);
        const before = arena.placeLast(previous);
        arena.run((kernels) => {
          kernels.lstmCell(
            z,
            gates + gateSkip * 4,
            steps * width * 4,
            before,
            first ? 0 : units * 4,
            outBase + stateSkip * 4,
            outAt + stateSkip * 4,
            steps * units * 4,
            rows,
            units,
            Number(hard),
          );
        });
        for (let r = 0; r < rows; r++) {
          const own = arena.float32(gates + (r * steps * width + gateSkip) * 4, width);
          const expected = own.map((_, k) => {
            const sum = input[r * steps * width + gateSkip + k]! + state[r * width + k]!;
            return k >= 2 * units && k < 3 * units ? Math.tanh(sum) : squash(sum, hard);
          });
          expectNear(own, expected);
          const cell = Array.from({length: units}, (_, j) => {
            const [i, f, g] = [0, 1, 2].map((gate) => expected[gate * units + j]!);
            return f! * previous[first ? j : r * units + j]! + i! * g!;
          });
          expectNear(arena.float32(cells[r]!, units), cell);
          expectNear(
            arena.float32(outAt + (r * steps * units + stateSkip) * 4, units),
            cell.map((c, j) => expected[3 * units + j]! * Math.tanh(c)),
          );
        }
      }),
      {numRuns: 60},
    );
  });
});

describe('lstmCellGradient', () => {
  test('is the gradient by the chain rule', () => {
    fc.assert(
      fc.property(shapes, ({rows, units, first, hard, seed}) => {
        const next = generator(seed);
        const arena = new Arena();
        const width = 4 * units;
        // Some hard gates lie at an end, where their slope is 0.
        const gates = realValues(next, rows * width).map((v, k) => {
          const isCandidate = k % width >= 2 * units && k % width < 3 * units;
          return isCandidate ? v : hard && v > 0.6 ? 1 : (v + 1) / 2;
        });
        const cells = realValues(next, rows * units);
        const previous = realValues(next, first ? units : rows * units);
        const [dy, dh, dc] = [0, 1, 2].map(() => realValues(next, rows * units)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const [gatesAt, cellsAt, dyAt, dhAt] = [gates, cells, dy, dh].map((v) => arena.place(v)) as [
          number,
          number,
          number,
          number,
        ];
        const dcAt = arena.writable(rows * units * 4, arena.place(dc));
        const dzAt = arena.writable(rows * width * 4);
        const before = arena.placeLast(previous);
        const stride = units * 4;
        arena.run((kernels) => {
          kernels.lstmCellGradient(
            gatesAt,
            width * 4,
            before,
            first ? 0 : stride,
            cellsAt,
            stride,
            dyAt,
            dhAt,
            dcAt,
            dzAt,
            rows,
            units,
            Number(hard),
          );
        });
        const dz: number[] = [];
        const through: number[] = [];
        for (let r = 0; r < rows; r++) {
          for (let j = 0; j < units; j++) {
            const [i, f, g, o] = [0, 1, 2, 3].map((gate) => gates[r * width + gate * units + j]!) as [
              number,
              number,
              number,
              number,
            ];
            const at = r * units + j;
            const t = Math.tanh(cells[at]!);
            const output = dy[at]! + dh[at]!;
            const cell = dc[at]! + output * o * (1 - t * t);
            dz[r * width + j] = cell * g * slope(i, hard);
            dz[r * width + units + j] = cell * previous[first ? j : at]! * slope(f, hard);
            dz[r * width + 2 * units + j] = cell * i * (1 - g * g);
            dz[r * width + 3 * units + j] = output * t * slope(o, hard);
            through[at] = cell * f;
          }
        }
        expectNear(arena.float32(dzAt, rows * width), dz);
        expectNear(arena.float32(dcAt, rows * units), through);
      }),
      {numRuns: 60},
    );
  });

  test('keeps NaN in its own row and unit', () => {
    const arena = new Arena();
    const [rows, units] = [2, 5];
    const input = new Float32Array(rows * 4 * units);
    input[1] = NaN;
    const gates = arena.writable(input.length * 4, arena.place(input));
    const [zero, z] = [arena.place(new Float32Array(units)), arena.place(new Float32Array(rows * 4 * units))];
    const [cells, out] = [arena.writable(rows * units * 4), arena.writable(rows * units * 4)];
    for (const hard of [0, 1]) {
      arena.run((kernels) =>
        kernels.lstmCell(z, gates, units * 16, zero, 0, cells, out, units * 4, rows, units, hard),
      );
      expect(arena.float32(out, rows * units).map(Number.isNaN)).toEqual(
        Array.from({length: rows * units}, (_, k) => k === 1),
      );
    }
  });
});
