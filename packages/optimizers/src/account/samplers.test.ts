import {describe, expect, test} from '@jest/globals';
import {seededSource} from '@dp/random';

import {poissonSampler, shuffleSampler} from './samplers.js';

describe('poissonSampler', () => {
  test('draws batches of varying size with the effective probability in their description', () => {
    const sampler = poissonSampler({numExamples: 1000, batchSize: 50, source: seededSource(1)});
    expect(sampler.stepsPerEpoch).toBe(20);
    const batches = Array.from({length: 200}, () => sampler.next());
    const sizes = batches.map((batch) => batch.indices.length);
    expect(new Set(sizes).size).toBeGreaterThan(10);
    // 200 batches: mean 50, standard error 0.49; seeded, so this cannot flake.
    expect(sizes.reduce((a, b) => a + b) / 200).toBeCloseTo(50, -1);
    expect(new Set(batches.map((batch) => batch.id)).size).toBe(200);
    expect(batches[0]?.sampling).toEqual({
      kind: 'poisson',
      numExamples: 1000,
      samplingProbability: expect.closeTo(0.05, 12),
    });
  });

  test('may draw nobody', () => {
    const sampler = poissonSampler({numExamples: 20, batchSize: 1, source: seededSource(2)});
    expect(Array.from({length: 50}, () => sampler.next().indices.length)).toContain(0);
  });

  test('refuses sizes out of bounds', () => {
    expect(() => poissonSampler({numExamples: 10, batchSize: 11})).toThrow(
      'batchSize must be at most numExamples (10), got 11',
    );
    expect(() => poissonSampler({numExamples: 0, batchSize: 1})).toThrow(
      'numExamples must be an integer >= 1, got 0',
    );
  });
});

describe('shuffleSampler', () => {
  test('takes every record once an epoch, in a fresh order, with a short last batch', () => {
    const sampler = shuffleSampler({numExamples: 10, batchSize: 4, source: seededSource(3)});
    expect(sampler.stepsPerEpoch).toBe(3);
    const epochs = [0, 1].map(() => [sampler.next(), sampler.next(), sampler.next()]);
    const orders = epochs.map((batches) => batches.flatMap((batch) => [...batch.indices]));
    for (const order of orders) expect(order.slice().sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
    expect(orders[0]).not.toEqual(orders[1]);
    expect(epochs[1]?.map((batch) => batch.indices.length)).toEqual([4, 4, 2]);
    expect(epochs[1]?.[0]?.sampling).toEqual({
      kind: 'shuffle',
      sampler: expect.stringMatching(/^shuffle-[0-9a-f]{24}$/),
      numExamples: 10,
      batchSize: 4,
      epoch: 1,
    });
  });

  test('names its batches unlike every other sampler, also of the same seed', () => {
    const first = () => shuffleSampler({numExamples: 10, batchSize: 4, source: seededSource(3)}).next();
    expect(first().id).not.toBe(first().id);
    expect(first().indices).toEqual(first().indices);
  });
});
