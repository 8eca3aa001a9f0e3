import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import {seededSource, type RandomSource} from '@dp/random';

import {Ledger} from '../account/ledger.js';
import {privacySpent} from '../account/spent.js';
import {checkPrivacyOptions, type PrivacyOptions} from '../optimizers/options.js';
import {privateGradient, type StepResult} from '../step.js';
import {splitNoise} from './adaptive.js';
import {adaptive, automatic, perLayer} from './mode.js';

/*
 * Thresholds are 6.5 standard errors: a false alarm has probability below 1e-10 a comparison, and there are fewer than 20.
 */
const SIGMAS = 6.5;
const SIZE = 20_000;
const OPTIONS = {l2NormClip: 0.7, noiseMultiplier: 1.3, numMicrobatches: 16};

const {abs, hypot, sqrt} = Math;

describe('a step with a clipping mode', () => {
  let first: tf.Variable;
  let second: tf.Variable;
  let x: tf.Tensor;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    first = tf.variable(tf.zeros([SIZE]), true, 'modes_first');
    second = tf.variable(tf.zeros([SIZE / 2]), true, 'modes_second');
    x = tf.ones([4, SIZE]);
  });

  /** Four examples whose gradient is 1 in every coordinate of the first variable; of the second, `scale` of it. */
  function step(options: Partial<PrivacyOptions>, scale = 0): StepResult {
    const half = tf.slice(x, [0, 0], [4, SIZE / 2]);
    return privateGradient({
      pieces: [
        {
          lossFn: () => tf.add(tf.sum(tf.mul(x, first), 1), tf.mul(scale, tf.sum(tf.mul(half, second), 1))),
          batch: [x, half],
        },
      ],
      variables: [first, second],
      options: checkPrivacyOptions({...OPTIONS, ...options}),
      mustReachAll: false,
      optimizer: {className: 'Test', id: 'Test-0'},
      step: 0,
      batchId: 'batch',
      sampling: {kind: 'poisson', numExamples: 100, samplingProbability: 0.16},
    });
  }

  function values({gradients}: StepResult): number[][] {
    return gradients.map((gradient) => [...gradient.dataSync()]);
  }

  /** Variance of the noise on the sum, over `deviation` squared, against 1. */
  function hasDeviation(noise: readonly number[], deviation: number): boolean {
    const sums = noise.map((value) => value * OPTIONS.numMicrobatches);
    const mean = sums.reduce((a, b) => a + b) / sums.length;
    const variance = sums.reduce((a, b) => a + (b - mean) ** 2, 0) / sums.length;
    return abs(variance / deviation ** 2 - 1) < SIGMAS * sqrt(2 / sums.length);
  }

  test('per layer: each group has its own variance, and the row the multiplier of all together', () => {
    const ledger = new Ledger();
    const clipping = perLayer({
      groups: [
        {of: ['modes_first'], clip: 3, noise: 1},
        {of: ['modes_second'], clip: 4, noise: 2},
      ],
    });
    const [one = [], two = []] = values(step({clipping, ledger}));
    // C_l are 0.42 and 0.56; s (1, 2) with (0.42 / s)^2 + (0.28 / s)^2 = 1.3^-2.
    const s = 1.3 * hypot(0.42, 0.28);
    expect(hasDeviation(one, s)).toBe(true);
    expect(hasDeviation(two, 2 * s)).toBe(true);
    expect(hasDeviation(one, s * 1.08)).toBe(false);
    expect(hasDeviation(two, 2 * s * 1.1)).toBe(false);
    expect((0.42 / s) ** 2 + (0.56 / (2 * s)) ** 2).toBeCloseTo(1.3 ** -2, 12);
    const [row] = ledger.rows;
    expect(row).toMatchObject({what: 'gradientSum', noiseMultiplier: 1.3, l2NormClip: 0.7});
    // The rounding of 40,000 coordinates is in it.
    const {sensitivity = 0, clipping: text} = row ?? {};
    expect(sensitivity).toBeGreaterThan(0.7);
    expect(sensitivity).toBeLessThan(0.7 + 2 ** -22 * 200);
    const [, first, second] = /^per layer, clip norms 0.42 0.56, noise (\S+) (\S+)$/.exec(text ?? '') ?? [];
    expect(Number(first)).toBeCloseTo(s, 3);
    expect(Number(second)).toBeCloseTo(2 * s, 3);
  });

  test('automatic: noise as flat clipping', () => {
    const ledger = new Ledger();
    const [, noise = []] = values(step({clipping: automatic({gamma: 0.1}), ledger}));
    expect(hasDeviation(noise, 1.3 * 0.7)).toBe(true);
    expect(ledger.rows[0]?.clipping).toBe('automatic, gamma 0.1');
  });

  test('adaptive: gradients get the rest of the noise, with the clip norm that clipped them', () => {
    const clipping = adaptive({targetQuantile: 0.5, countNoise: 0.7});
    const [, noise = []] = values(step({clipping}));
    const {gradients} = splitNoise(1.3, clipping);
    expect(gradients).toBeCloseTo((1.3 ** -2 - 1.4 ** -2) ** -0.5, 12);
    expect(hasDeviation(noise, gradients * 0.7)).toBe(true);
    expect(hasDeviation(noise, 1.3 * 0.7)).toBe(false);
  });

  test('adaptive: two rows of one batch, which cost what one flat row of the same multiplier costs', () => {
    const ledger = new Ledger();
    const flat = new Ledger();
    const {row} = step({clipping: adaptive({targetQuantile: 0.5, countNoise: 10}), ledger});
    step({ledger: flat});
    expect(ledger.rows.map(({what, noiseMultiplier}) => [what, noiseMultiplier])).toEqual([
      ['belowClipCount', 20],
      ['gradientSum', expect.closeTo((1.3 ** -2 - 20 ** -2) ** -0.5, 12)],
    ]);
    expect(ledger.rows[1]).toBe(row);
    expect(ledger.rows[0]).toMatchObject({sensitivity: 0.5, numParameters: 1, batchId: 'batch'});
    expect(privacySpent(ledger, {delta: 1e-5}).epsilon).toBeCloseTo(
      privacySpent(flat, {delta: 1e-5}).epsilon,
      9,
    );
  });

  test('adaptive: in microbatches one example moves count and gradients twice as far', () => {
    const ledger = new Ledger();
    const small = tf.variable(tf.zeros([1]), true, 'modes_group');
    const options = checkPrivacyOptions({
      ...OPTIONS,
      microbatchSize: 2,
      clipping: adaptive({targetQuantile: 0.5, countNoise: 10}),
      ledger,
    });
    const optimizer = {className: 'Test', id: 'Test-0'};
    const request = {pieces: [], variables: [small], options, mustReachAll: false, optimizer, step: 0};
    tf.dispose(privateGradient({...request, batchId: '0', sampling: {kind: 'unknown'}}).gradients);
    expect(ledger.rows.map(({sensitivity, noiseMultiplier}) => [sensitivity, noiseMultiplier])).toEqual([
      [1, 10],
      [expect.closeTo(1.4, 6), expect.closeTo((1.3 ** -2 - 20 ** -2) ** -0.5 / 2, 12)],
    ]);
    small.dispose();
  });

  test('adaptive: with learning rate 0 it is flat clipping with the noise that is left, to the bit', () => {
    const clipping = adaptive({targetQuantile: 0.5, learningRate: 0, countNoise: 10});
    const same = (): {randomSource: RandomSource} => ({randomSource: seededSource(4)});
    const adapted = step({...same(), clipping}, 0.5);
    const {gradients} = splitNoise(1.3, clipping);
    const flat = step({...same(), noiseMultiplier: gradients}, 0.5);
    expect(values(adapted)).toEqual(values(flat));
    expect(adapted.nextL2NormClip).toBe(0.7);
    expect(flat.nextL2NormClip).toBe(0.7);
  });

  test('adaptive: the clip norm falls where more gradients are below it than wanted, and rises where fewer are', () => {
    // The four gradients have norm sqrt(SIZE), about 141: none is below 0.7, all are below 1,000.
    const next = (l2NormClip: number): number =>
      step({
        l2NormClip,
        noiseMultiplier: 0,
        numMicrobatches: 4,
        clipping: adaptive({targetQuantile: 0.5, learningRate: 1, countNoise: 1e-6}),
      }).nextL2NormClip;
    expect(next(0.7)).toBeCloseTo(0.7 * Math.exp(0.5), 4);
    expect(next(1000)).toBeCloseTo(1000 * Math.exp(-0.5), 2);
  });

  test('adaptive: the noise of the count is as large as its row says', () => {
    const countNoise = 3;
    const draws = 400;
    const small = tf.variable(tf.zeros([1]), true, 'modes_small');
    let squared = 0;
    for (let i = 0; i < draws; i++) {
      const {nextL2NormClip, gradients} = privateGradient({
        pieces: [],
        variables: [small],
        options: checkPrivacyOptions({
          ...OPTIONS,
          clipping: adaptive({targetQuantile: 0.5, learningRate: 1, countNoise}),
        }),
        mustReachAll: false,
        optimizer: {className: 'Test', id: 'Test-0'},
        step: i,
        batchId: `${i}`,
        sampling: {kind: 'unknown'},
      });
      tf.dispose(gradients);
      // An empty batch: C exp(-noise / 16).
      squared += (16 * Math.log(nextL2NormClip / 0.7)) ** 2;
    }
    expect(abs(squared / draws / countNoise ** 2 - 1)).toBeLessThan(SIGMAS * sqrt(2 / draws));
    small.dispose();
  });
});
