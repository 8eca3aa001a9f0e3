import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import {fillGridGaussian, seededSource, type RandomSource} from '@dp/random';

import {Ledger} from '../account/ledger.js';
import type {Sampling} from '../account/sampling.js';
import {adaptive, type Clipping} from '../clip/mode.js';
import {clippingPlan} from '../clip/plan.js';
import {checkPrivacyOptions} from '../optimizers/options.js';
import {privateGradient} from '../step.js';
import {ClippedSum} from '../sum/clipped_sum.js';
import {TreeAggregation} from './aggregation.js';
import {NoisyNodes} from './noisy_nodes.js';

const SIZES = [3, 2];
const SHUFFLED: Sampling = {kind: 'shuffle', sampler: 's', numExamples: 100, batchSize: 4, epoch: 0};

/** The complete subtrees that leaf t completes, from 1, as the number of their leaves: smallest first. */
function completed(t: number): number[] {
  const sizes = [];
  for (let size = 1; t % size === 0; size *= 2) sizes.push(size);
  return sizes;
}

describe('NoisyNodes', () => {
  test('estimates each prefix from the noisy sums of its nodes and of their halves, each drawn once', () => {
    const deviations = [1e6, 3e7];
    const [nodes, source, same] = [new NoisyNodes(), seededSource(5), seededSource(5)];
    const leafOf = (t: number) => SIZES.map((size) => new Float64Array(size).fill(1000 * t));
    // By last leaf and number of leaves.
    const noise = new Map<string, Float64Array[]>();
    const estimate = (last: number, size: number, v: number, i: number): number => {
      let sum = 0;
      for (let t = last - size + 1; t <= last; t++) sum += 1000 * t;
      const own = sum + (noise.get(`${last} ${size}`)?.[v]?.[i] ?? NaN);
      if (size === 1) return own;
      // Variances of the estimate of a node of 2^k leaves: 2^k / (2^(k + 1) - 1).
      const variance = size / (2 * size - 1);
      return (
        variance * own +
        (1 - variance) * (estimate(last - size / 2, size / 2, v, i) + estimate(last, size / 2, v, i))
      );
    };
    for (let t = 1; t <= 40; t++) {
      for (const size of completed(t)) {
        noise.set(
          `${t} ${size}`,
          SIZES.map((length, v) => {
            const values = new Float64Array(length);
            fillGridGaussian(values, deviations[v] ?? NaN, same);
            return values;
          }),
        );
      }
      const prefix = nodes.add(leafOf(t), deviations, source);
      SIZES.forEach((length, v) => {
        for (let i = 0; i < length; i++) {
          let expected = 0;
          for (let last = t; last > 0; last -= last & -last) expected += estimate(last, last & -last, v, i);
          expect((prefix[v]?.[i] ?? NaN) / expected).toBeCloseTo(1, 9);
        }
      });
    }
  });

  test("has a little more than half of a node's variance in a prefix of 8, and one more in a prefix of 9", () => {
    const size = 20_000;
    const nodes = new NoisyNodes();
    const variances: number[] = [];
    for (let t = 1; t <= 9; t++) {
      const [prefix] = nodes.add([new Float64Array(size)], [1e6], seededSource(t));
      variances.push(
        (prefix ?? new Float64Array()).reduce((sum, value) => sum + (value / 1e6) ** 2, 0) / size,
      );
    }
    // 6.5 standard errors: a false alarm has probability below 1e-10.
    const error = 6.5 * Math.sqrt(2 / size);
    expect(Math.abs((variances[7] ?? NaN) / (8 / 15) - 1)).toBeLessThan(error);
    expect(Math.abs((variances[8] ?? NaN) / (8 / 15 + 1) - 1)).toBeLessThan(error);
  });

  test('puts a leaf in at most floor(log2 n) + 1 nodes, and all leaves in as many as the account says', () => {
    for (let n = 1; n <= 70; n++) {
      const counts = new Array<number>(n).fill(0);
      let squared = 0;
      for (let last = 1; last <= n; last++) {
        for (const size of completed(last)) {
          squared += size ** 2;
          for (let leaf = last - size; leaf < last; leaf++) counts[leaf] = (counts[leaf] ?? 0) + 1;
        }
      }
      expect(Math.max(...counts)).toBe(Math.floor(Math.log2(n)) + 1);
      const byHeight = [1, 2, 4, 8, 16, 32, 64].reduce(
        (sum, size) => sum + Math.floor(n / size) * size ** 2,
        0,
      );
      expect(byHeight).toBe(squared);
    }
  });
});

describe('TreeAggregation', () => {
  let variables: tf.Variable[];
  beforeAll(async () => {
    await tf.setBackend('cpu');
    variables = SIZES.map((size) => tf.variable(tf.zeros([size])));
  });

  function sumOf(value: number, clip: {l2NormClip?: number; clipping?: Clipping} = {}): ClippedSum {
    const plan = clippingPlan(
      {l2NormClip: 1, microbatchSize: 1, ...clip},
      variables.map(({name, size}) => ({name, size})),
    );
    const units = SIZES.map((size) => new Float64Array(size).fill(Math.round(value / plan.grid)));
    return new ClippedSum(variables, units, plan);
  }

  const optimizer = {className: 'DPFTRL', id: 'DPFTRL-0'};
  function options(ledger: Ledger, step: number, source: RandomSource = seededSource(step), noise = 0) {
    return {
      noiseMultiplier: noise,
      divisor: 4,
      source,
      ledger,
      batchId: `${step}`,
      sampling: SHUFFLED,
      optimizer,
      step,
    };
  }

  test('without noise gives back each step, over any number of trees', () => {
    const ledger = new Ledger();
    const tree = new TreeAggregation({maxLeaves: 3});
    for (let step = 0; step < 8; step++) {
      if (step === 7) tree.restart();
      const {means, row} = tree.release(sumOf(step / 10), options(ledger, step));
      for (const mean of means) {
        for (const value of mean.dataSync()) expect(value).toBeCloseTo(step / 40, 7);
      }
      expect(row).toBe(ledger.rows[step]);
    }
    const places = ledger.rows.map(
      ({mechanism}) => mechanism.kind === 'tree' && [mechanism.tree, mechanism.leaf],
    );
    expect(places).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
      [2, 0],
      [3, 0],
    ]);
    expect(ledger.rows[0]).toMatchObject({
      what: 'gradientSum',
      mechanism: {kind: 'tree', maxLeaves: 3},
      noiseMultiplier: 0,
    });
  });

  test('adds up to the prefix sums that the noisy nodes give', () => {
    const [z, steps] = [2, 16];
    const ledger = new Ledger();
    const tree = new TreeAggregation({maxLeaves: steps});
    const [source, same] = [seededSource(9), seededSource(9)];
    const {plan, units} = sumOf(0.3);
    const deviation = (z * (plan.parts[0]?.bound ?? NaN)) / plan.grid;
    const reference = new NoisyNodes();
    const prefix = SIZES.map((size) => new Float64Array(size));
    for (let step = 0; step < steps; step++) {
      const {means} = tree.release(sumOf(0.3), options(ledger, step, source, z));
      const expected = reference.add(units, [deviation, deviation], same);
      means.forEach((mean, v) => {
        mean.dataSync<'float32'>().forEach((value, i) => {
          const sum = ((prefix[v] as Float64Array)[i] as number) + value * 4;
          (prefix[v] as Float64Array)[i] = sum;
          expect(sum).toBeCloseTo((expected[v]?.[i] ?? NaN) * plan.grid, 4);
        });
      });
    }
    expect(ledger.rows.every(({noiseMultiplier}) => noiseMultiplier === z)).toBe(true);
  });

  test('a resumed run, and one whose release failed, begin a new tree', () => {
    const ledger = new Ledger();
    const tree = new TreeAggregation({maxLeaves: 8});
    tree.release(sumOf(0.1), options(ledger, 0));
    const broken: RandomSource = {
      ...seededSource(1),
      fill: () => {
        throw new Error('no entropy');
      },
    };
    expect(() => tree.release(sumOf(0.1), options(ledger, 1, broken, 1))).toThrow('no entropy');
    const {row, means} = tree.release(sumOf(0.1), options(ledger, 2));
    expect(row.mechanism).toMatchObject({tree: 1, leaf: 0});
    expect(means[0]?.dataSync()[0]).toBeCloseTo(0.1 / 4, 7);
    expect(ledger.rows).toHaveLength(3);
    const resumed = new TreeAggregation({maxLeaves: 8}).release(sumOf(0.1), options(ledger, 3));
    expect(resumed.row.mechanism).toMatchObject({tree: 2, leaf: 0});
  });

  test('refuses, before any release, what it has no account for', () => {
    const ledger = new Ledger();
    const tree = new TreeAggregation({maxLeaves: 8});
    const poisson: Sampling = {kind: 'poisson', numExamples: 100, samplingProbability: 0.1};
    expect(() => tree.release(sumOf(0), {...options(ledger, 0), sampling: poisson})).toThrow(
      'poisson sampling has none',
    );
    const clipping = adaptive({targetQuantile: 0.5, countNoise: 10});
    expect(() => tree.release(sumOf(0, {clipping}), options(ledger, 0))).toThrow(
      'one clip norm for all of a tree',
    );
    expect(() => new TreeAggregation({maxLeaves: 2 ** 22}).release(sumOf(0), options(ledger, 0))).toThrow(
      'too large to be summed exactly',
    );
    expect(() => new TreeAggregation({maxLeaves: 0})).toThrow('maxLeaves must be an integer >= 1, got 0');
    expect(ledger.rows).toHaveLength(0);
    tree.release(sumOf(0), options(ledger, 0));
    expect(() => tree.release(sumOf(0, {l2NormClip: 2}), options(ledger, 1))).toThrow(
      'l2NormClip changed from 1 to 2',
    );
    expect(ledger.rows).toHaveLength(1);
  });

  test('a step through a tree is one through its gradients, and takes no larger batch than declared', () => {
    const [first] = variables as [tf.Variable];
    const ledger = new Ledger();
    const tree = new TreeAggregation({maxLeaves: 4});
    const step = (rows: number): tf.Tensor[] => {
      const x = tf.ones([rows, 3]);
      return privateGradient({
        pieces: [{lossFn: () => tf.sum(tf.mul(x, first), 1), batch: [x]}],
        variables: [first],
        options: checkPrivacyOptions({
          l2NormClip: 1,
          noiseMultiplier: 0,
          numMicrobatches: 4,
          expectedBatchSize: 4,
          ledger,
        }),
        mustReachAll: true,
        optimizer,
        step: 0,
        batchId: 'b',
        sampling: SHUFFLED,
        tree,
      }).gradients;
    };
    for (const value of step(4)[0]?.dataSync() ?? []) expect(value).toBeCloseTo(1 / Math.sqrt(3), 6);
    expect(() => step(5)).toThrow('at most expectedBatchSize (4) examples, got 5');
    expect(ledger.rows).toHaveLength(1);
  });
});
