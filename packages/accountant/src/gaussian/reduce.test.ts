import {expect, test} from '@jest/globals';
import {composed, gaussian, noOp, nonPrivate, poissonSampled, selfComposed} from '../event.js';
import {reduceToGaussian} from './reduce.js';

const g = (noiseMultiplier: number) => gaussian({noiseMultiplier});

test('releases with noise z_1, z_2, ... are one of (sum of z_j^-2)^(-1/2)', () => {
  expect(reduceToGaussian(composed([g(3), g(4)]))).toBeCloseTo(12 / 5, 14);
  expect(reduceToGaussian(selfComposed({event: g(6), count: 9}))).toBe(2);
  expect(reduceToGaussian(composed([selfComposed({event: g(6), count: 4}), g(4)]))).toBeCloseTo(12 / 5, 14);
});

test('nothing released is infinite noise, nothing protected is none', () => {
  expect(reduceToGaussian(composed([]))).toBe(Infinity);
  expect(reduceToGaussian(selfComposed({event: nonPrivate(), count: 0}))).toBe(Infinity);
  expect(reduceToGaussian(composed([g(1), nonPrivate()]))).toBe(0);
  expect(reduceToGaussian(composed([g(1), g(0)]))).toBe(0);
});

test('a single Gaussian is itself, to the last bit', () => {
  expect(reduceToGaussian(composed([noOp(), g(1.1)]))).toBe(1.1);
  expect(reduceToGaussian(selfComposed({event: g(1.1), count: 1}))).toBe(1.1);
});

test('anything else inside does not reduce', () => {
  const sampled = poissonSampled({samplingProbability: 0.1, event: g(1)});
  expect(reduceToGaussian(composed([g(1), selfComposed({event: sampled, count: 2})]))).toBeUndefined();
});
