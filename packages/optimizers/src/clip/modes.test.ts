import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type {PerExampleParameter} from '@dp/kernels/on-demand';
import fc from 'fast-check';

import {clippedSum} from '../sum/clip_and_sum.js';
import {normalValues} from '../testing/tensors.js';
import {centredCount, nextClipNorm, splitNoise} from './adaptive.js';
import {adaptive, automatic, checkClipping, perLayer, type Clipping} from './mode.js';
import {clippingPlan, gradientBound, noiseDeviations, type ClippingPlan} from './plan.js';

const {abs, hypot, min, sqrt} = Math;

/** Three variables, two of one layer. */
const VARIABLES = [
  {name: 'first/kernel', size: 3},
  {name: 'first/bias', size: 2},
  {name: 'second/kernel', size: 4},
] as const;
const SIZE = 9;

const MODES: readonly Clipping[] = [
  'flat',
  perLayer(),
  perLayer({
    groups: [
      {of: ['first/bias', 'second'], clip: 3, noise: 0.5},
      {of: ['first/kernel'], noise: 2},
    ],
  }),
  automatic({gamma: 0.1}),
  adaptive({targetQuantile: 0.5, countNoise: 10}),
];

type Gradient = readonly number[];

/** The place of each variable in a gradient of all. */
function pieces<T>(gradient: ArrayLike<T>): T[][] {
  let start = 0;
  return VARIABLES.map(({size}) => Array.from(gradient).slice(start, (start += size)));
}

function parametersOf(gradients: readonly Gradient[]): PerExampleParameter[] {
  return VARIABLES.map(({size}, v) => {
    const rows = gradients.map((gradient) => pieces(gradient)[v] ?? []);
    return {
      size,
      contributions: [{kind: 'sum', dy: tf.tensor(rows.flat(), [rows.length, 1, size], 'float32')}],
    };
  });
}

/** The clipped sum of a batch in the gradient's unit, all variables in a row; and adaptive clipping's count. */
function sumOf(gradients: readonly Gradient[], plan: ClippingPlan): {sum: number[]; count: number} {
  if (gradients.length === 0) return {sum: new Array<number>(SIZE).fill(0), count: 0};
  const losses = gradients.map(() => 0);
  const {units, norms} = clippedSum(parametersOf(gradients), losses, gradients.length, plan);
  const sum = units.flatMap((values) => Array.from(values, (value) => value * plan.grid));
  return {sum, count: centredCount(norms, plan.l2NormClip)};
}

function planOf(clipping: Clipping, l2NormClip: number): ClippingPlan {
  return clippingPlan({l2NormClip, microbatchSize: 1, clipping}, VARIABLES);
}

/** What should be added for one example, from the definitions, in float64. */
function byDefinition(gradient: Gradient, plan: ClippingPlan): number[] {
  if (!gradient.every((value) => Number.isFinite(value))) return gradient.map(() => 0);
  const own = pieces(gradient);
  const {clipping} = plan;
  for (const {variables, l2NormClip} of plan.parts) {
    const norm = hypot(...variables.flatMap((v) => own[v] ?? []));
    const factor =
      clipping !== 'flat' && clipping.kind === 'automatic'
        ? l2NormClip / (norm + clipping.gamma)
        : min(1, l2NormClip / norm);
    for (const v of variables) own[v] = (own[v] ?? []).map((value) => value * factor);
  }
  return own.flat();
}

function distance(a: readonly number[], b: readonly number[]): number {
  return hypot(...a.map((value, i) => value - (b[i] ?? NaN)));
}

const gradient: fc.Arbitrary<Gradient> = fc
  .record({
    seed: fc.nat(1000),
    scale: fc.constantFrom(0, 1e-30, 1e-3, 1, 30, 1e6, 1e18, 1e37),
    // A layer that dwarfs the others, and a value that is not finite somewhere.
    layer: fc.constantFrom(1, 1e-8, 1e8),
    spoilt: fc.option(fc.tuple(fc.nat(SIZE - 1), fc.constantFrom(NaN, Infinity, -Infinity)), {freq: 6}),
  })
  .map(({seed, scale, layer, spoilt}) => {
    const values = Array.from(normalValues(SIZE, seed), (value, i) => value * scale * (i < 5 ? layer : 1));
    if (spoilt !== null) values[spoilt[0]] = spoilt[1];
    return values;
  });

describe.each(MODES.map((mode) => [mode === 'flat' ? mode : JSON.stringify(mode), mode] as const))(
  'clipping %s',
  (_, mode) => {
    beforeAll(async () => {
      await tf.setBackend('cpu');
    });

    test('no neighbouring batches lie further apart than the bound, whatever one example is and wherever', () => {
      const batch = fc.record({
        others: fc.array(gradient, {maxLength: 4}),
        one: gradient,
        another: gradient,
        opposite: fc.boolean(),
        at: fc.nat(4),
        l2NormClip: fc.constantFrom(0.01, 0.7, 3),
      });
      fc.assert(
        fc.property(batch, ({others, one, another, opposite, at, l2NormClip}) => {
          const plan = planOf(mode, l2NormClip);
          const bound = gradientBound(plan);
          const withOne = (inserted: Gradient): Gradient[] => [
            ...others.slice(0, at),
            inserted,
            ...others.slice(at),
          ];
          const without = sumOf(others, plan);
          const added = sumOf(withOne(one), plan);
          const replaced = sumOf(withOne(opposite ? one.map((value) => -value) : another), plan);
          expect(distance(added.sum, without.sum)).toBeLessThanOrEqual(bound);
          expect(distance(added.sum, replaced.sum)).toBeLessThanOrEqual(2 * bound);
          expect(abs(added.count - without.count)).toBeLessThanOrEqual(1 / 2);
          expect(abs(added.count - replaced.count)).toBeLessThanOrEqual(1);
          const moved = pieces(added.sum.map((value, i) => value - (without.sum[i] ?? NaN)));
          for (const part of plan.parts) {
            expect(hypot(...part.variables.flatMap((v) => moved[v] ?? []))).toBeLessThanOrEqual(part.bound);
          }
        }),
        {numRuns: 60},
      );
    });

    test('equals a loop over single examples, by the definition', () => {
      fc.assert(
        fc.property(fc.array(gradient, {minLength: 1, maxLength: 5}), (batch) => {
          // Gradients are float32, and one whose norm is beyond float32 is left out.
          const float32 = batch
            .map((values) => values.map(Math.fround))
            .filter((values) => !(hypot(...values) > 3e38));
          const plan = planOf(mode, 0.7);
          const expected = new Array<number>(SIZE).fill(0);
          for (const values of float32) {
            byDefinition(values, plan).forEach((value, i) => (expected[i] = (expected[i] ?? 0) + value));
          }
          const {sum} = sumOf(float32, plan);
          sum.forEach((value, i) =>
            expect(abs(value - (expected[i] ?? NaN))).toBeLessThanOrEqual(batch.length * 2e-9),
          );
        }),
        {numRuns: 40},
      );
    });

    test('the noise of all groups together is the multiplier', () => {
      for (const z of [0.3, 1.1, 40]) {
        const plan = planOf(mode, 0.7);
        const deviations = noiseDeviations(plan, z);
        const precision = plan.parts.reduce(
          (sum, {bound}, p) => sum + (bound / (deviations[p] ?? NaN)) ** 2,
          0,
        );
        expect(precision ** -0.5 / z).toBeCloseTo(1, 14);
        expect(sqrt(plan.parts.reduce((sum, part) => sum + part.l2NormClip ** 2, 0))).toBeCloseTo(0.7, 14);
        expect(noiseDeviations(plan, 0).every((deviation) => deviation === 0)).toBe(true);
      }
    });
  },
);

describe('clipping modes', () => {
  const batch = [1, 2, 3].map((seed) => Array.from(normalValues(SIZE, seed)));

  test('one group of all variables is flat clipping, to the bit', () => {
    const one = perLayer({groups: [{of: ['first', 'second'], clip: 7, noise: 3}]});
    expect(sumOf(batch, planOf(one, 0.7))).toEqual(sumOf(batch, planOf('flat', 0.7)));
    expect(noiseDeviations(planOf(one, 0.7), 1.1)[0]).toBeCloseTo(
      noiseDeviations(planOf('flat', 0.7), 1.1)[0] ?? NaN,
      14,
    );
  });

  test('by default each layer gets C / sqrt(L), and equal noise the deviation of flat clipping', () => {
    const plan = planOf(perLayer(), 0.7);
    expect(plan.parts.map(({variables}) => variables)).toEqual([[0, 1], [2]]);
    for (const part of plan.parts) expect(part.l2NormClip).toBeCloseTo(0.7 / Math.SQRT2, 14);
    for (const deviation of noiseDeviations(plan, 1.1)) expect(deviation).toBeCloseTo(1.1 * 0.7, 6);
  });

  test('a large gamma leaves the sum of gradients, scaled; a small one the sum of their directions', () => {
    const large = 1e4;
    const scaled = sumOf(batch, planOf(automatic({gamma: large}), 1e3)).sum;
    const norms = batch.map((values) => hypot(...values));
    const directed = sumOf(batch, planOf(automatic({gamma: 1e-9}), 0.7)).sum;
    for (let i = 0; i < SIZE; i++) {
      const plain = batch.reduce((sum, values) => sum + (values[i] ?? NaN), 0);
      expect((scaled[i] ?? NaN) * (large / 1e3)).toBeCloseTo(plain, 2);
      const directions = batch.reduce((sum, values, b) => sum + (values[i] ?? NaN) / (norms[b] ?? NaN), 0);
      expect(directed[i]).toBeCloseTo(0.7 * directions, 7);
    }
  });

  test('a group that is not finite leaves the example out of all groups', () => {
    const spoilt = [...(batch[1] ?? [])];
    spoilt[8] = NaN;
    const plan = planOf(perLayer(), 0.7);
    expect(sumOf([batch[0] ?? [], spoilt, batch[2] ?? []], plan)).toEqual(
      sumOf([batch[0] ?? [], batch[2] ?? []], plan),
    );
  });

  test('the split of noise between count and gradients is one event with the whole multiplier', () => {
    fc.assert(
      fc.property(
        fc.double({min: 0.01, max: 50, noNaN: true}),
        fc.double({min: 1e-3, max: 1e4, noNaN: true}),
        (z, excess) => {
          const mode = adaptive({targetQuantile: 0.5, countNoise: (z / 2) * (1 + excess)});
          const {gradients, count} = splitNoise(z, mode);
          expect(count).toBe(2 * mode.countNoise);
          expect((gradients ** -2 + count ** -2) ** -0.5 / z).toBeCloseTo(1, 9);
          expect(gradients).toBeGreaterThan(z);
        },
      ),
    );
    expect(() => splitNoise(2, adaptive({targetQuantile: 0.5, countNoise: 1}))).toThrow(
      'countNoise must be greater than noiseMultiplier / 2 = 1, got 1',
    );
  });

  test('the clip norm settles where the target share of norms is below it', () => {
    const norms = Float64Array.from({length: 400}, (_, i) => 0.05 * (i + 1));
    for (const targetQuantile of [0.2, 0.5, 0.9]) {
      const mode = adaptive({targetQuantile, countNoise: 10});
      let clip = 0.1;
      for (let step = 0; step < 300; step++) {
        clip = nextClipNorm(clip, centredCount(norms, clip), norms.length, mode);
      }
      expect(clip / (20 * targetQuantile)).toBeCloseTo(1, 1);
    }
  });

  test('noise cannot drive the clip norm out of what can be computed with', () => {
    const mode = adaptive({targetQuantile: 0.5, learningRate: 1e6, countNoise: 10});
    expect(nextClipNorm(1, 1e9, 1, mode)).toBe(1e-12);
    expect(nextClipNorm(1, -1e9, 1, mode)).toBe(1e12);
  });

  test('groups that are not a partition, and options out of bounds, are refused', () => {
    const planned = (groups: Parameters<typeof perLayer>[0]) => () => planOf(perLayer(groups), 1);
    expect(planned({groups: [{of: ['first']}]})).toThrow(
      "every trainable variable must be in a group, but 'second/kernel' is in none",
    );
    expect(planned({groups: [{of: ['first', 'second']}, {of: ['first/bias']}]})).toThrow(
      "variable 'first/bias' is in two groups",
    );
    expect(planned({groups: [{of: ['third']}]})).toThrow("no trainable variable is 'third'");
    expect(planned({groups: [{of: []}]})).toThrow('must name at least one');
    expect(planned({groups: [{of: ['first'], clip: 0}]})).toThrow('clip must be a finite number > 0, got 0');
    expect(() => automatic({gamma: 0})).toThrow('gamma must be a finite number >= 1e-30, got 0');
    expect(() => adaptive({targetQuantile: 1.1, countNoise: 1})).toThrow('targetQuantile must be');
    expect(() => adaptive({targetQuantile: 0.5, countNoise: -1})).toThrow('countNoise must be');
    expect(() => checkClipping({kind: 'ghost'} as unknown as Clipping)).toThrow("got one of kind 'ghost'");
  });
});
