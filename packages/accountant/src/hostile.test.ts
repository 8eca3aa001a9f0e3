import {expect, test} from '@jest/globals';
import {
  type DpEvent,
  gaussian,
  poissonSampled,
  sampledWithoutReplacement,
  sampledWithReplacement,
} from './event.js';
import {epsilonDelta, laplace, mixtureOfGaussians} from './leaf_event.js';
import {PldAccountant} from './pld/accountant.js';
import {RdpAccountant} from './rdp/accountant.js';
import {permuteAndFlip} from './selection_event.js';
import {truncatedPoissonSampledGaussian} from './truncated_event.js';

const g = (noiseMultiplier: number): DpEvent => gaussian({noiseMultiplier});
const sampled = (samplingProbability: number, z: number): DpEvent =>
  poissonSampled({samplingProbability, event: g(z)});
const MANY = 2 ** 53 - 1;

// Each of these made an earlier version throw, hang, or say more than 1; and their like.
test.each<readonly [DpEvent, number, number, number]>([
  [sampled(0.1, 1e150), 3, 1e-15, 1],
  [sampled(1e-300, 1), MANY, 1e-9, 0],
  [sampled(5e-324, 1e-8), 2, 0.5, -5],
  [sampled(1 - 2 ** -53, 2), 3, 1e-300, 1e300],
  [sampled(0.5, 1e-300), 2, 1e-9, 1],
  [g(1e-300), MANY, 0.5, -5],
  [g(1e300), MANY, 5e-324, 0],
  [permuteAndFlip({epsilon: 1e300}), 2 ** 40, 0.999999, -5],
  [epsilonDelta({epsilon: 700, delta: 1e-300}), 3, 1e-300, 1000],
  [epsilonDelta({epsilon: 0, delta: 1}), 1, 0.5, 0],
  [laplace({noiseMultiplier: 1e-8}), 3, 1e-9, 20],
  [
    mixtureOfGaussians({
      standardDeviation: 1e-3,
      sensitivities: [0, 2],
      probabilities: [1 - 2 ** -50, 2 ** -50],
    }),
    1,
    0.1,
    1,
  ],
])('%j times %d: ordered bounds and no NaN', (event, count, delta, epsilon) => {
  const pld = new PldAccountant().compose(event, count);
  const bounds = pld.epsilon(delta);
  expect(bounds.lower).toBeGreaterThanOrEqual(0);
  expect(bounds.lower).toBeLessThanOrEqual(bounds.upper);
  if (bounds.upper === Infinity) expect(bounds.why).toBeDefined();
  const at = pld.delta(epsilon);
  expect(at.lower).toBeGreaterThanOrEqual(0);
  expect(at.lower).toBeLessThanOrEqual(at.upper);
  expect(at.upper).toBeLessThanOrEqual(1);
});

test.each<readonly [DpEvent, number]>([
  [sampledWithoutReplacement({sourceDatasetSize: 1e9, sampleSize: 1, event: g(1e-3)}), 2],
  [sampledWithReplacement({sourceDatasetSize: 10, sampleSize: 100, event: g(10)}), 2],
  [
    truncatedPoissonSampledGaussian({
      datasetSize: 60000,
      samplingProbability: 1e-15,
      truncatedBatchSize: 300,
      noiseMultiplier: 0,
    }),
    9,
  ],
  [
    truncatedPoissonSampledGaussian({
      datasetSize: 1,
      samplingProbability: 1,
      truncatedBatchSize: 1,
      noiseMultiplier: 1,
    }),
    1,
  ],
])('%j of fixed size times %d', (event, count) => {
  const {lower, upper, why} = new PldAccountant({neighboring: 'replaceOne'})
    .compose(event, count)
    .epsilon(1e-6);
  expect(lower).toBeLessThanOrEqual(upper);
  if (upper === Infinity) expect(why).toBeDefined();
});

test('Renyi bounds are numbers too', () => {
  for (const event of [
    sampled(1e-300, 1e-8),
    sampled(1 - 2 ** -53, 1e8),
    g(1e300),
    permuteAndFlip({epsilon: 1e300}),
  ]) {
    const accountant = new RdpAccountant().compose(event, MANY);
    expect(accountant.epsilon(1e-300)).toBeGreaterThanOrEqual(0);
    expect(accountant.delta(1)).toBeLessThanOrEqual(1);
  }
});
