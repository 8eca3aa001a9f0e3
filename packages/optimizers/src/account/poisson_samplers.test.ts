import {describe, expect, test} from '@jest/globals';
import {seededSource} from '@dp/random';

import {poissonSampler, truncatedPoissonSampler} from './poisson_samplers.js';

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

describe('truncatedPoissonSampler', () => {
  test('keeps at most so many records, each as often as any other, and says so', () => {
    const options = {numExamples: 20, batchSize: 10, maxBatchSize: 8, source: seededSource(6)};
    const sampler = truncatedPoissonSampler(options);
    const counts = new Array<number>(20).fill(0);
    let capped = 0;
    for (let i = 0; i < 4000; i++) {
      const {indices, sampling} = sampler.next();
      expect(sampling).toMatchObject({kind: 'truncatedPoisson', numExamples: 20, maxBatchSize: 8});
      expect(indices.length).toBeLessThanOrEqual(8);
      expect(new Set(indices).size).toBe(indices.length);
      if (indices.length === 8) capped++;
      for (const i of indices) counts[i]!++;
    }
    expect(capped).toBeGreaterThan(3000);
    // About 1,560 each, standard deviation 31; seeded, so this cannot flake.
    for (const count of counts)
      expect(Math.abs(count - counts.reduce((a, b) => a + b) / 20)).toBeLessThan(130);
  });
});
