import {describe, expect, test} from '@jest/globals';
import {gaussian, poissonSampled} from '../event.js';
import {gaussianDelta} from '../gaussian/delta.js';
import {PldAccountant} from '../pld/accountant.js';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {analyticGaussian} from './analytic_gaussian.js';
import {calibrateBatchSize, calibrateNoiseMultiplier, calibrateSteps} from './calibrate.js';

interface CalibrationVector {
  readonly id: string;
  readonly params: {
    readonly kind?: string;
    readonly target_epsilon: number;
    readonly target_delta: number;
    readonly sampling_probability: number;
    readonly steps: number;
  };
  readonly expected: Readonly<
    Record<'noise_multiplier' | 'noise_multiplier_rdp' | 'noise_multiplier_pld_1e_4', number>
  >;
}

const vectors = golden('calibration') as readonly CalibrationVector[];

describe('one Gaussian', () => {
  test.each(vectors.filter(({params}) => params.kind === 'analytic_gaussian'))(
    '$id',
    ({params, expected}) => {
      const {target_epsilon: epsilon, target_delta: delta} = params;
      const noiseMultiplier = analyticGaussian({epsilon, delta});
      expect(relativeError(noiseMultiplier, expected.noise_multiplier)).toBeLessThan(1e-9);
      expect(gaussianDelta({noiseMultiplier, epsilon})).toBeLessThanOrEqual(delta);
      expect(gaussianDelta({noiseMultiplier: noiseMultiplier * (1 - 1e-9), epsilon})).toBeGreaterThan(delta);
      expect(analyticGaussian({epsilon, delta, sensitivity: 3})).toBeCloseTo(3 * noiseMultiplier, 9);
    },
  );
});

describe('noise', () => {
  test.each(vectors.filter(({params}) => params.kind === undefined))('$id', ({params, expected}) => {
    const {
      target_epsilon: epsilon,
      target_delta: delta,
      sampling_probability: samplingProbability,
      steps,
    } = params;
    const found = calibrateNoiseMultiplier({epsilon, delta, samplingProbability, steps});
    const {noiseMultiplier} = found;
    expect(relativeError(noiseMultiplier, expected.noise_multiplier_pld_1e_4)).toBeLessThan(1e-3);
    const bounds = (z: number) =>
      new PldAccountant({tolerance: 1e-4})
        .compose(poissonSampled({samplingProbability, event: gaussian({noiseMultiplier: z})}), steps)
        .epsilon(delta);
    expect(found.epsilon.upper).toBeLessThanOrEqual(epsilon);
    expect(bounds(noiseMultiplier).upper).toBeLessThanOrEqual(epsilon * (1 + 1e-4));
    expect(bounds(noiseMultiplier * 0.999).lower).toBeGreaterThan(epsilon);
    const byRdp = calibrateNoiseMultiplier({epsilon, delta, samplingProbability, steps, accountant: 'rdp'});
    // At fractional orders the library's divergences are upper bounds, so ours may do with less noise.
    expect(byRdp.noiseMultiplier).toBeLessThanOrEqual(expected.noise_multiplier_rdp * (1 + 2e-4));
    expect(byRdp.noiseMultiplier).toBeGreaterThan(expected.noise_multiplier_rdp * 0.99);
  });
});

test('steps: one more is not known to meet the target', () => {
  const run = {samplingProbability: 0.01, noiseMultiplier: 1.2};
  const {steps, epsilon} = calibrateSteps({epsilon: 1, delta: 1e-5, ...run});
  expect(epsilon.upper).toBeLessThanOrEqual(1);
  const event = poissonSampled({samplingProbability: 0.01, event: gaussian({noiseMultiplier: 1.2})});
  const more = new PldAccountant({tolerance: 1e-4}).compose(event, Math.ceil(steps * 1.002)).epsilon(1e-5);
  expect(more.lower).toBeGreaterThan(1);
  expect(calibrateSteps({epsilon: 1e-3, delta: 1e-9, samplingProbability: 1, noiseMultiplier: 1}).steps).toBe(
    0,
  );
});

test('batch size, up to all examples', () => {
  const run = {numExamples: 1000, noiseMultiplier: 4, steps: 100};
  const {batchSize, epsilon} = calibrateBatchSize({epsilon: 2, delta: 1e-5, ...run});
  expect(epsilon.upper).toBeLessThanOrEqual(2);
  expect(batchSize).toBeGreaterThan(100);
  expect(batchSize).toBeLessThan(300);
  expect(calibrateBatchSize({epsilon: 1000, delta: 1e-5, ...run}).batchSize).toBe(1000);
  expect(calibrateBatchSize({epsilon: 1e-6, delta: 1e-12, ...run}).batchSize).toBe(0);
});

test('bad arguments are refused', () => {
  const run = {delta: 1e-5, samplingProbability: 0.01, steps: 10};
  expect(() => calibrateNoiseMultiplier({epsilon: 0, ...run})).toThrow('epsilon must be > 0, got 0');
  expect(() => calibrateNoiseMultiplier({epsilon: 1, ...run, steps: 0})).toThrow(
    'steps must be an integer >= 1, got 0',
  );
  expect(() => analyticGaussian({epsilon: 1, delta: 1})).toThrow('delta must be > 0 and < 1, got 1');
});
