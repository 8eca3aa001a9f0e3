import {describe, expect, test} from '@jest/globals';
import {gaussian, poissonSampled, selfComposed} from '../event.js';
import {TUTORIAL_ORDERS} from '../rdp/orders.js';
import {dpSgdBudget, dpSgdEvent} from './dp_sgd.js';

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
    [{sampling: 'shuffle' as never}, "sampling must be 'poisson' or 'oncePerEpoch', got 'shuffle'"],
  ])('%j is refused', (wrong, message) => {
    expect(() => dpSgdEvent({...run, sampling: 'poisson', ...wrong})).toThrow(message);
  });
});

describe('dpSgdBudget', () => {
  test('the tutorial run of 60 epochs: classic, improved, and exact once per epoch', () => {
    const budget = dpSgdBudget({...run, delta: 1e-5});
    expect(budget.samplingProbability).toBe(256 / 60000);
    expect(budget.steps).toBe(14063);
    expect(budget.poisson?.classic.epsilon.toFixed(2)).toBe('3.01');
    expect(budget.poisson?.classic.optimalOrder).toBe(8.8);
    expect(budget.poisson?.improved.epsilon.toFixed(4)).toBe('2.5967');
    expect(budget.poisson?.improved.optimalOrder).toBe(8.1);
    // mpmath 1.4.1: Balle and Wang's formula for noise 1.1 / sqrt(60).
    expect(budget.oncePerEpoch.epsilon).toBeCloseTo(54.04581807672944, 12);
    expect(budget.oncePerEpoch.participations).toBe(60);
  });

  test('steps and orders can be given', () => {
    const budget = dpSgdBudget({...run, steps: 14062, delta: 1e-5, orders: TUTORIAL_ORDERS});
    expect(budget.steps).toBe(14062);
    expect(budget.poisson?.improved.epsilon.toFixed(4)).toBe('2.5966');
  });

  test('with microbatches there is no Poisson value', () => {
    const budget = dpSgdBudget({...run, microbatchSize: 4, delta: 1e-5});
    expect(budget.poisson).toBeNull();
    expect(budget.oncePerEpoch.epsilon).toBeGreaterThan(100);
  });

  test('without noise every epsilon is infinite', () => {
    const budget = dpSgdBudget({...run, noiseMultiplier: 0, delta: 1e-5});
    expect(budget.poisson?.classic.epsilon).toBe(Infinity);
    expect(budget.poisson?.improved.epsilon).toBe(Infinity);
    expect(budget.oncePerEpoch.epsilon).toBe(Infinity);
  });

  test('delta has to lie between 0 and 1', () => {
    expect(() => dpSgdBudget({...run, delta: 1})).toThrow('delta must be > 0 and < 1, got 1');
  });
});
