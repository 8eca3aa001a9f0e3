import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';

import {dpSGD} from '../optimizers/dp_sgd.js';

/*
 * What a whole step releases beyond the clipped mean. Thresholds are 6.5 standard errors: a false alarm has probability
 * below 1e-10 a comparison, and there are fewer than 200.
 */
const SIGMAS = 6.5;
const SIZE = 20_000;
const OPTIONS = {learningRate: 1, l2NormClip: 0.7, noiseMultiplier: 1.3, numMicrobatches: 16};
const DEVIATION = (OPTIONS.noiseMultiplier * OPTIONS.l2NormClip) / OPTIONS.numMicrobatches;

/** The noise of some steps on variables, of which the loss reaches the first alone: what a step adds, less the mean without noise. */
function noiseOf(steps: number, expectedBatchSize?: number): number[][] {
  const used = tf.variable(tf.zeros([SIZE]));
  const unused = tf.variable(tf.zeros([SIZE / 2, 2]));
  const x = tf.ones([8, SIZE]);
  const optimizer = dpSGD({...OPTIONS, ...(expectedBatchSize === undefined ? {} : {expectedBatchSize})});
  const meanGradient = (OPTIONS.l2NormClip / Math.sqrt(SIZE)) * (8 / OPTIONS.numMicrobatches);
  const noise = Array.from({length: steps}, () => {
    optimizer.minimize(() => tf.sum(tf.mul(x, used), 1), false, [used, unused]);
    const step = [
      ...Array.from(used.dataSync(), (value) => -value - meanGradient),
      ...Array.from(unused.dataSync(), (value) => -value),
    ];
    used.assign(tf.zeros([SIZE]));
    unused.assign(tf.zeros([SIZE / 2, 2]));
    return step;
  });
  tf.dispose([used, unused, x]);
  return noise;
}

function moment(values: readonly number[], power: number): number {
  return values.reduce((sum, value) => sum + value ** power, 0) / values.length;
}

describe('the noise of a step', () => {
  let steps: number[][];
  beforeAll(async () => {
    await tf.setBackend('cpu');
    steps = noiseOf(3);
  });

  const hasVariance = (values: readonly number[], deviation: number): boolean =>
    Math.abs(moment(values, 2) / deviation ** 2 - 1) < SIGMAS * Math.sqrt(2 / values.length);

  test('has standard deviation noiseMultiplier * l2NormClip / numMicrobatches, and no mean', () => {
    for (const values of steps) {
      expect(hasVariance(values, DEVIATION)).toBe(true);
      expect(Math.abs(moment(values, 1))).toBeLessThan((SIGMAS * DEVIATION) / Math.sqrt(values.length));
    }
  });

  test('would be seen 6 % too small or too large', () => {
    expect(hasVariance(steps[0] ?? [], DEVIATION * 1.06)).toBe(false);
    expect(hasVariance(steps[0] ?? [], DEVIATION / 1.06)).toBe(false);
  });

  test('does not depend on the size of the batch', () => {
    expect(hasVariance(noiseOf(1, 16)[0] ?? [], DEVIATION)).toBe(true);
  });

  test('reaches every coordinate of every variable, also of one that the loss never touches', () => {
    for (const values of steps) expect(values.filter((value) => value === 0)).toHaveLength(0);
    const unused = (steps[0] ?? []).slice(SIZE);
    expect(unused).toHaveLength(SIZE);
    expect(hasVariance(unused, DEVIATION)).toBe(true);
  });

  test('is fresh every step, and not shared between variables', () => {
    const correlation = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, i) => sum + value * (b[i] as number), 0) / (a.length * DEVIATION ** 2);
    const halves = steps.flatMap((values) => [values.slice(0, SIZE), values.slice(SIZE)]);
    const lagged = halves.map((values) => [...values.slice(1), values[0] as number]);
    for (const [i, a] of halves.entries()) {
      for (const b of halves.slice(i + 1))
        expect(Math.abs(correlation(a, b))).toBeLessThan(SIGMAS / Math.sqrt(SIZE));
      expect(Math.abs(correlation(a, lagged[i] as number[]))).toBeLessThan(SIGMAS / Math.sqrt(SIZE));
      expect(correlation(a, a)).toBeGreaterThan(0.5);
    }
  });
});
