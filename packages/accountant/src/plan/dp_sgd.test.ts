import {describe, expect, test} from '@jest/globals';
import {gaussian, poissonSampled, selfComposed} from '../event.js';
import {mixtureOfGaussians} from '../leaf_event.js';
import {dpSgdEvent} from './dp_sgd.js';

const run = {numExamples: 60000, batchSize: 256, noiseMultiplier: 1.1, epochs: 60};
const g = gaussian({noiseMultiplier: 1.1});

describe('dpSgdEvent', () => {
  test('Poisson sampling: one sampled Gaussian a step, ceil(epochs * N / B) steps unless given', () => {
    const event = poissonSampled({samplingProbability: 256 / 60000, event: g});
    expect(dpSgdEvent({...run, sampling: 'poisson'})).toEqual(selfComposed({event, count: 14063}));
    expect(dpSgdEvent({...run, sampling: 'poisson', steps: 234})).toEqual(selfComposed({event, count: 234}));
  });

  test('once per epoch: one Gaussian an epoch, a begun epoch counts', () => {
    expect(dpSgdEvent({...run, sampling: 'oncePerEpoch'})).toEqual(selfComposed({event: g, count: 60}));
    expect(dpSgdEvent({...run, epochs: 1.5, sampling: 'oncePerEpoch'})).toEqual(
      selfComposed({event: g, count: 2}),
    );
  });

  test('microbatches halve the noise multiplier once per epoch, and have no Poisson event', () => {
    const half = gaussian({noiseMultiplier: 0.55});
    expect(dpSgdEvent({...run, microbatchSize: 4, sampling: 'oncePerEpoch'})).toEqual(
      selfComposed({event: half, count: 60}),
    );
    expect(() => dpSgdEvent({...run, microbatchSize: 4, sampling: 'poisson'})).toThrow(
      "microbatchSize must be 1 with sampling: 'poisson', got 4; use sampling: 'oncePerEpoch'",
    );
  });

  test('unknown participation: one Gaussian a step', () => {
    expect(dpSgdEvent({...run, sampling: 'unknown'})).toEqual(selfComposed({event: g, count: 14063}));
  });

  test('a user of two examples: twice the sensitivity, or a mixture of what is drawn of them', () => {
    const user = {...run, batchSize: 30000, epochs: 1, maxExamplesPerUser: 2};
    expect(dpSgdEvent({...user, sampling: 'oncePerEpoch'})).toEqual(
      selfComposed({event: gaussian({noiseMultiplier: 0.55}), count: 1}),
    );
    const event = mixtureOfGaussians({
      standardDeviation: 1.1,
      sensitivities: [0, 1, 2],
      probabilities: [0.25, 0.5, 0.25],
    });
    expect(dpSgdEvent({...user, sampling: 'poisson'})).toEqual(selfComposed({event, count: 2}));
    expect(dpSgdEvent({...user, microbatchSize: 5, sampling: 'unknown'})).toEqual(
      selfComposed({event: gaussian({noiseMultiplier: 1.1 / 4}), count: 2}),
    );
  });

  test('more steps than the epochs have batches contradict once per epoch', () => {
    expect(() => dpSgdEvent({...run, epochs: 1, steps: 236, sampling: 'oncePerEpoch'})).toThrow(
      "steps must be at most 235, the batches of 1 epochs, with sampling: 'oncePerEpoch', got 236",
    );
  });

  test.each([
    [{numExamples: 0}, 'numExamples must be an integer >= 1, got 0'],
    [{batchSize: 60001}, 'batchSize must be at most numExamples = 60000, got 60001'],
    [{noiseMultiplier: -1}, 'noiseMultiplier must be >= 0, got -1'],
    [{epochs: 0}, 'epochs must be > 0, got 0'],
    [{steps: 0.5}, 'steps must be an integer >= 1, got 0.5'],
    [{microbatchSize: 0}, 'microbatchSize must be an integer >= 1, got 0'],
    [
      {sampling: 'shuffle' as never},
      "sampling must be 'poisson' or 'oncePerEpoch' or 'unknown', got 'shuffle'",
    ],
  ])('%j is refused', (wrong, message) => {
    expect(() => dpSgdEvent({...run, sampling: 'poisson', ...wrong})).toThrow(message);
  });
});
