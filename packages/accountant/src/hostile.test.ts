import {expect, test} from '@jest/globals';
import {
  type DpEvent,
  gaussian,
  poissonSampled,
  sampledWithoutReplacement,
  sampledWithReplacement,
  selfComposed,
} from './event.js';
import {gaussianEpsilon} from './gaussian/epsilon.js';
import {
  discreteGaussian,
  discreteLaplace,
  epsilonDelta,
  laplace,
  mixtureOfGaussians,
  singleEpochTreeAggregation,
} from './leaf_event.js';
import {PldAccountant} from './pld/accountant.js';
import {dpSgdEvent} from './plan/dp_sgd.js';
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

test('more copies than can be counted are refused where they would be bounded by rounding errors', () => {
  const nested = selfComposed({event: selfComposed({event: sampled(1e-9, 1), count: 1e10}), count: 1e10});
  const accountant = new PldAccountant().compose(sampled(1e-9, 1), 3);
  expect(() => accountant.compose(nested)).toThrow(
    'counts inside each other must multiply to at most 2^53 - 1',
  );
  expect(() => new PldAccountant().compose(sampled(1e-9, 1), MANY).compose(sampled(1e-9, 1))).toThrow(
    '2^53 - 1',
  );
  expect(accountant.epsilon(1e-15).upper).toBeLessThan(1);
  expect(new RdpAccountant().compose(nested).epsilon(1e-5)).toBeGreaterThan(100);
});

test('what would need more memory than there is is refused, and says what bounds it instead', () => {
  const of = (event: DpEvent): unknown =>
    new PldAccountant({neighboring: 'replaceOne'}).compose(event).epsilon(1e-5);
  expect(() => of(discreteGaussian({sigma: 1e300, sensitivity: 1}))).toThrow('zCDP({rho:');
  expect(() => of(discreteLaplace({parameter: 1e-3, sensitivity: MANY}))).toThrow('epsilonDelta({epsilon:');
  const alike = Array<number>(16384).fill(1 / 16384);
  expect(() =>
    new PldAccountant().compose(
      mixtureOfGaussians({standardDeviation: 1, sensitivities: alike, probabilities: alike}),
    ),
  ).toThrow('at most 10000');
  const run = {noiseMultiplier: 2, numExamples: 1e9, batchSize: 10, epochs: 1, maxExamplesPerUser: 1e9};
  expect(() => dpSgdEvent({...run, sampling: 'poisson'})).toThrow('maxExamplesPerUser must be below 10000');
  // As many trees as no engine takes as arguments.
  const trees = singleEpochTreeAggregation({noiseMultiplier: 10, stepCounts: Array<number>(150_000).fill(3)});
  const {rdp} = new RdpAccountant({neighboring: 'replaceSpecial', orders: [2]}).compose(trees);
  expect(rdp.get(2)).toBeCloseTo(2 / 10 ** 2, 12);
});

test.each([1e-9, 1e-12, 1e-20, 1e-100, 1e-160])(
  'hardly any noise, %d: at least half its square',
  (noiseMultiplier) => {
    const least = 0.5 / noiseMultiplier ** 2;
    expect(gaussianEpsilon({noiseMultiplier, delta: 1e-5})).toBeGreaterThanOrEqual(least * (1 - 1e-15));
    expect(new PldAccountant().compose(g(noiseMultiplier)).epsilon(1e-5).upper).toBeGreaterThanOrEqual(
      least * (1 - 1e-15),
    );
  },
);
