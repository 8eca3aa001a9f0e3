import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import {PldAccountant, gaussian, poissonSampled} from '@dp/accountant';

import type {DrawnBatch} from '../account/sampling.js';
import {privacySpent} from '../account/spent.js';
import {adaptive} from '../clip/mode.js';
import {dpFTRL} from '../optimizers/dp_ftrl.js';
import {dpAdam, type DpAdamOptimizer} from '../optimizers/dp_adam.js';
import {dpSGD, DpSgdOptimizer} from '../optimizers/dp_sgd.js';
import {
  checkSchedule,
  cosineDecay,
  exponentialDecay,
  linear,
  piecewiseConstant,
  scheduleValue,
  type NamedSchedule,
} from './schedule.js';

const B = 4;
const OPTIONS = {learningRate: 1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B};

const ALL: readonly NamedSchedule[] = [
  linear({from: 1, to: 3, steps: 4}),
  exponentialDecay({initialValue: 8, decaySteps: 2, decayRate: 0.25}),
  exponentialDecay({initialValue: 8, decaySteps: 2, decayRate: 0.25, staircase: true}),
  cosineDecay({initialValue: 2, decaySteps: 4, finalValue: 1}),
  piecewiseConstant({boundaries: [1, 3], values: [5, 4, 3]}),
];

describe('schedules', () => {
  test('have the values of their definitions', () => {
    const values = ALL.map((schedule) => [0, 1, 2, 3, 4, 9].map((step) => scheduleValue(schedule, step)));
    const near = (...numbers: number[]) => numbers.map((value) => expect.closeTo(value, 12));
    expect(values).toEqual([
      near(1, 1.5, 2, 2.5, 3, 3),
      near(8, 4, 2, 1, 0.5, 8 * 0.25 ** 4.5),
      near(8, 8, 2, 2, 0.5, 8 * 0.25 ** 4),
      near(2, 1.5 + Math.SQRT1_2 / 2, 1.5, 1.5 - Math.SQRT1_2 / 2, 1, 1),
      near(5, 4, 4, 3, 3, 3),
    ]);
  });

  test('are the same after JSON, and stay between their ends', () => {
    for (const schedule of ALL) {
      const copy = JSON.parse(JSON.stringify(schedule)) as NamedSchedule;
      checkSchedule(copy);
      fc.assert(
        fc.property(fc.nat(100), (step) => {
          const value = scheduleValue(schedule, step);
          expect(scheduleValue(copy, step)).toBe(value);
          expect(value).toBeGreaterThan(0);
          expect(value).toBeLessThanOrEqual(8);
        }),
      );
    }
  });

  test('of constants out of bounds are refused', () => {
    expect(() => linear({from: 1, to: NaN, steps: 2})).toThrow('to must be a finite number, got NaN');
    expect(() => linear({from: 1, to: 2, steps: 0})).toThrow('steps must be an integer >= 1, got 0');
    expect(() => exponentialDecay({initialValue: 1, decaySteps: 1, decayRate: 0})).toThrow('decayRate');
    expect(() => piecewiseConstant({boundaries: [2, 2], values: [1, 2, 3]})).toThrow(
      'boundaries must increase',
    );
    expect(() => piecewiseConstant({boundaries: [2], values: [1]})).toThrow('values must hold 2');
    expect(() => checkSchedule({schedule: 'sine'} as unknown as NamedSchedule)).toThrow(
      "got one of kind 'sine'",
    );
  });
});

describe('optimizers on schedules', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  /** Steps of gradient 1 in each of 4 coordinates, of norm 2. */
  function train(
    optimizer: DpSgdOptimizer | DpAdamOptimizer,
    steps: number,
    variable = tf.variable(tf.zeros([4])),
  ): number[] {
    const x = tf.ones([B, 4]);
    const seen = [variable.dataSync()[0]!];
    for (let step = 0; step < steps; step++) {
      const drawn: DrawnBatch = {
        id: `${step}`,
        indices: new Int32Array(B),
        sampling: {kind: 'poisson', numExamples: 40, samplingProbability: 0.1},
      };
      const losses = (): tf.Tensor => tf.sum(tf.mul(x, variable), 1);
      optimizer.minimizeDrawn(drawn, losses, {batch: [x], varList: [variable]}).dispose();
      seen.push(variable.dataSync()[0]!);
    }
    x.dispose();
    return seen.slice(1).map((value, i) => seen[i]! - value);
  }

  test('take the learning rate and the clip norm of their step', () => {
    const learningRate = piecewiseConstant({boundaries: [1, 2], values: [1, 2, 4]});
    expect(train(dpSGD({...OPTIONS, learningRate}), 4)).toEqual(
      [0.5, 1, 2, 2].map((value) => expect.closeTo(value, 6)),
    );
    const l2NormClip = (step: number): number => 1 / (1 + step);
    const optimizer = dpSGD({...OPTIONS, l2NormClip});
    expect(train(optimizer, 3)).toEqual([1, 1 / 2, 1 / 3].map((clip) => expect.closeTo(clip / 2, 6)));
    expect(optimizer.ledger.rows.map((row) => row.l2NormClip)).toEqual([1, 1 / 2, 1 / 3]);
    // Adam's first step is the learning rate, whatever the gradient.
    const [first] = train(dpAdam({...OPTIONS, learningRate: linear({from: 0.5, to: 1, steps: 3})}), 1);
    expect(first).toBeCloseTo(0.5, 4);
  });

  test('count each step with the noise of its number (privacy rule 7)', () => {
    const noiseMultiplier = piecewiseConstant({boundaries: [5], values: [2, 1]});
    const optimizer = dpSGD({...OPTIONS, noiseMultiplier, expectedBatchSize: B});
    train(optimizer, 12);
    expect(optimizer.ledger.rows.map((row) => row.noiseMultiplier)).toEqual(
      Array.from({length: 12}, (_, step) => (step < 5 ? 2 : 1)),
    );
    const accountant = new PldAccountant({neighboring: 'addOrRemoveOne'});
    for (const [z, count] of [
      [2, 5],
      [1, 7],
    ] as const) {
      accountant.compose(
        poissonSampled({samplingProbability: 0.1, event: gaussian({noiseMultiplier: z})}),
        count,
      );
    }
    expect(privacySpent(optimizer.ledger, {delta: 1e-5}).epsilon).toBeCloseTo(
      accountant.epsilon(1e-5).upper,
      3,
    );
  });

  test('refuse, before any release, a schedule that follows anything but the step number (privacy rule 7)', () => {
    let loss = 2;
    const optimizer = dpSGD({...OPTIONS, noiseMultiplier: () => loss});
    const variable = tf.variable(tf.zeros([4]));
    train(optimizer, 2, variable);
    loss = 1;
    expect(() => train(optimizer, 1, variable)).toThrow('noiseMultiplier(1) was 2 and is 1 now');
    expect(optimizer.ledger.rows).toHaveLength(2);
  });

  test('refuse a value out of bounds when its step comes, and at once for the first', () => {
    expect(() => dpSGD({...OPTIONS, noiseMultiplier: () => -1})).toThrow('noiseMultiplier(0) must be');
    const optimizer = dpSGD({...OPTIONS, l2NormClip: linear({from: 1, to: 0, steps: 2})});
    expect(() => train(optimizer, 3)).toThrow('l2NormClip(2) must be a finite number > 0, got 0');
    expect(optimizer.ledger.rows).toHaveLength(2);
  });

  test('refuse a clip norm that changes within a tree, or beside adaptive clipping', () => {
    const l2NormClip = linear({from: 1, to: 2, steps: 4});
    const variable = tf.variable(tf.zeros([2]));
    const x = tf.ones([B, 2]);
    const optimizer = dpFTRL({...OPTIONS, l2NormClip, stepsPerTree: 4});
    const step = (): unknown => optimizer.minimize(() => tf.sum(tf.mul(x, variable), 1), false, [variable]);
    step();
    expect(step).toThrow('l2NormClip changed from 1 to 1.25 within a tree');
    expect(optimizer.ledger.rows).toHaveLength(1);
    const clipping = adaptive({targetQuantile: 0.5, countNoise: 1});
    expect(() => dpSGD({...OPTIONS, l2NormClip, clipping})).toThrow(
      'must be a number with adaptive clipping',
    );
    tf.dispose([variable, x]);
  });

  test('are saved with their schedules, except functions', () => {
    const learningRate = cosineDecay({initialValue: 1, decaySteps: 10});
    const noiseMultiplier = linear({from: 2, to: 1, steps: 10});
    const config = dpSGD({...OPTIONS, learningRate, noiseMultiplier}).getConfig();
    expect(config).toMatchObject({learningRate, noiseMultiplier});
    const copy = DpSgdOptimizer.fromConfig(
      DpSgdOptimizer,
      JSON.parse(JSON.stringify(config)) as tf.serialization.ConfigDict,
    );
    expect(copy.getConfig()).toEqual(config);
    expect(() => dpSGD({...OPTIONS, learningRate: () => 1}).getConfig()).toThrow(
      'is a function, which cannot be saved',
    );
  });
});
