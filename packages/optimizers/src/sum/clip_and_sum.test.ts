import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type {PerExampleParameter} from '@dp/kernels/on-demand';
import fc from 'fast-check';

import {normalValues} from '../testing/tensors.js';
import {clippedSum} from './clip_and_sum.js';
import {clippingPlan} from '../clip/plan.js';
import {gridFor, roundedSensitivity} from './grid.js';

const unitsOf = (...args: Parameters<typeof clippedSum>): Float64Array[] => clippedSum(...args).units;

/** Explicit gradients [B][D] as a parameter. */
function explicit(rows: readonly (readonly number[])[]): PerExampleParameter[] {
  const size = rows[0]?.length ?? 1;
  const dy = tf.tensor(rows.flat(), [rows.length, 1, size], 'float32');
  return [{size, contributions: [{kind: 'sum', dy}]}];
}

function sumOf(
  rows: readonly (readonly number[])[],
  l2NormClip: number,
  losses = rows.map(() => 0),
  noiseMultiplier = 0,
): Float64Array {
  const variables = [{name: 'w', size: rows[0]?.length ?? 1}];
  const plan = clippingPlan({l2NormClip, microbatchSize: 1, noiseMultiplier}, variables);
  const [sum] = unitsOf(explicit(rows), losses, rows.length, plan);
  return sum?.map((units) => units * plan.grid) ?? new Float64Array();
}

function distance(a: Float64Array, b: Float64Array): number {
  return Math.hypot(...a.map((value, i) => value - (b[i] as number)));
}

describe('the clipped sum', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const batch = fc.record({
    l2NormClip: fc.constantFrom(0.01, 0.7, 1, 3),
    examples: fc.integer({min: 1, max: 6}),
    size: fc.integer({min: 1, max: 20}),
    scale: fc.constantFrom(1e-20, 1e-3, 1, 1e3, 1e18),
    seed: fc.nat(1000),
    // The grid is another with noise.
    noiseMultiplier: fc.constantFrom(0, 1.1),
  });

  test('moves by no more than the sensitivity when an example is added, removed or zeroed out, wherever it stands', () => {
    fc.assert(
      fc.property(batch, fc.nat(), ({l2NormClip, examples, size, scale, seed, noiseMultiplier}, position) => {
        const sum = (some: number[][]): Float64Array => sumOf(some, l2NormClip, undefined, noiseMultiplier);
        const values = Array.from(normalValues(examples * size, seed), (value) => value * scale);
        const rows = Array.from({length: examples}, (_, i) => values.slice(i * size, (i + 1) * size));
        const removed = position % examples;
        const bound = roundedSensitivity(l2NormClip, gridFor(l2NormClip, noiseMultiplier), size);
        const whole = sum(rows);
        const zeroed = sum(rows.map((row, i) => (i === removed ? row.map(() => 0) : row)));
        expect(distance(whole, zeroed)).toBeLessThanOrEqual(bound);
        if (examples > 1) {
          expect(sum(rows.filter((_, i) => i !== removed))).toEqual(zeroed);
        }
      }),
    );
  });

  test('does not move by rounding in a batch of 4,096, where a float32 sum would', () => {
    const rows = Array.from({length: 4096}, (_, i) => [i % 2 === 0 ? 1 : -1, 0.3]);
    const difference = distance(sumOf([...rows, [0.6, 0.8]], 1), sumOf(rows, 1));
    expect(difference).toBeLessThanOrEqual(roundedSensitivity(1, gridFor(1, 0), 2));
  });

  test('leaves small gradients as they are and brings large ones to the norm', () => {
    expect([...sumOf([[0.3, 0.4]], 1)]).toEqual([expect.closeTo(0.3, 7), expect.closeTo(0.4, 7)]);
    expect([...sumOf([[3e10, 4e10]], 1)]).toEqual([expect.closeTo(0.6, 7), expect.closeTo(0.8, 7)]);
  });

  test('leaves out an example with a loss, coordinate or norm that is not finite, and nothing else', () => {
    const good = [
      [0.1, 0.2],
      [5, 6],
    ];
    const expected = sumOf(good, 1);
    for (const bad of [
      [NaN, 0],
      [Infinity, 0],
      [0, -Infinity],
      [3e38, 3e38],
    ]) {
      expect(sumOf([good[0]!, bad, good[1]!], 1)).toEqual(expected);
    }
    for (const loss of [NaN, Infinity]) {
      expect(sumOf([good[0]!, [1, 1], good[1]!], 1, [0, loss, 0])).toEqual(expected);
    }
  });

  test('a microbatch without its member that is not finite keeps its divisor', () => {
    const plan = clippingPlan({l2NormClip: 10, microbatchSize: 2}, [{name: 'w', size: 2}]);
    const [sum] = unitsOf(
      explicit([
        [1, 2],
        [NaN, 0],
      ]),
      [0, 0],
      2,
      plan,
    );
    expect([...(sum ?? [])].map((units) => units * plan.grid)).toEqual([0.5, 1]);
  });

  test('of nothing is nothing', () => {
    const plan = clippingPlan({l2NormClip: 1, microbatchSize: 1}, [{name: 'w', size: 3}]);
    expect(unitsOf([{size: 3, contributions: []}], [], 0, plan)).toEqual([new Float64Array(3)]);
  });
});
