import {beforeAll, describe, expect, test} from '@jest/globals';
import {fillGridGaussian, seededSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import {denseSubject} from '../testing/subjects.js';
import {auditFloatingPoint} from './audit.js';
import {naiveGaussian, precisionAttack} from './precision_attack.js';

describe('the attack on the last places of floating-point noise', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  // Of outputs near 0: if the value was 1, the noise was near -1, and the sum is a multiple of 2^-53.
  const LAST_PLACE = 2 ** -53;
  const nearZero = (value: number): number[] => {
    const source = seededSource(5);
    const outputs = Array.from({length: 40_000}, () => naiveGaussian(value, 1, source));
    return outputs.filter((output) => Math.abs(output) < 1 / 8);
  };

  test('succeeds on Box and Muller in doubles: most outputs near 0 betray that the value was not 1', () => {
    expect(precisionAttack(nearZero(0), LAST_PLACE)).toBeGreaterThan(0.75);
    expect(precisionAttack(nearZero(1), LAST_PLACE)).toBe(0);
  });

  test('fails on noise that is rounded to a grid: both values give multiples of it', () => {
    const grid = 2 ** -30;
    for (const value of [0, 1]) {
      const noise = new Float64Array(40_000);
      fillGridGaussian(noise, 1 / grid, seededSource(5));
      const outputs = noise.map((units) => value + units * grid).filter((output) => Math.abs(output) < 1 / 8);
      expect(outputs.length).toBeGreaterThan(1000);
      expect(precisionAttack(outputs, grid)).toBe(0);
    }
  });

  test('fails on every noisy sum of a private step', () => {
    expect(auditFloatingPoint(denseSubject())).toMatchObject({passed: true, measured: 0});
  });
});
