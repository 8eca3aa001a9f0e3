import {beforeAll, describe, expect, test} from '@jest/globals';
import {poissonSampler} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import {binomialMasses, largestProbability, smallestProbability} from '../statistics/binomial.js';
import {denseSubject} from '../testing/subjects.js';
import {auditOneRun} from './one_run.js';
import {oneRunEpsilon, oneRunPValue} from './one_run_bound.js';
import {auditTwoRuns} from './two_run.js';

describe('bounds from guesses', () => {
  test('binomial tails and confidence bounds are those of tables', () => {
    expect(binomialMasses(10, 0.5)[8]).toBeCloseTo(45 / 1024, 14);
    for (const probability of [0, 0.3, 1]) {
      expect(binomialMasses(5, probability).reduce((sum, mass) => sum + mass)).toBeCloseTo(1, 14);
    }
    expect(largestProbability(0, 100, 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 100), 12);
    expect(smallestProbability(100, 100, 0.05)).toBeCloseTo(0.05 ** (1 / 100), 12);
  });

  test('all of 100 guesses right refutes a large epsilon, and half of them none', () => {
    const perfect = {canaries: 100, guesses: 100, right: 100};
    // Without delta: P = (e^eps / (1 + e^eps))^100 = 0.05.
    expect(oneRunEpsilon(perfect, 0, 0.05)).toBeCloseTo(-Math.log(0.05 ** (-1 / 100) - 1), 9);
    expect(oneRunEpsilon({...perfect, right: 50}, 0, 0.05)).toBe(0);
    expect(oneRunPValue(perfect, 3, 1e-5)).toBeGreaterThan(oneRunPValue(perfect, 3, 0));
  });
});

describe('canaries', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test('two worlds: the bound is under the claim, and not far under', () => {
    const subject = denseSubject();
    // 1,600 steps give 2.0 with a standard deviation of 0.2: a tenth of the claim, 0.39, is 8 of these below.
    const honest = auditTwoRuns(subject, {repeats: 1600, falseAlarmRate: 1e-9});
    expect(honest.passed).toBe(true);
    expect(honest.measured).toBeGreaterThan(honest.bound / 10);
  });

  test('one run: the bound is under the claim', () => {
    const subject = {
      ...denseSubject({noiseMultiplier: 0.5}),
      sampler: () => poissonSampler({numExamples: 40, batchSize: 32}),
    };
    const options = {canaries: 40, steps: 8, falseAlarmRate: 1e-9};
    expect(auditOneRun(subject, options).passed).toBe(true);
  });
});
