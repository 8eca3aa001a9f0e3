import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {RdpAccountant} from '../rdp/accountant.js';
import {gaussian, poissonSampled} from '../event.js';
import {DEFAULT_ORDERS, TUTORIAL_ORDERS} from '../rdp/orders.js';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {binomialProbabilities} from './binomial.js';
import {dpSgdPrivacyStatement} from './statement.js';

interface StatementVector {
  readonly id: string;
  readonly params: {
    readonly number_of_examples: number;
    readonly batch_size: number;
    readonly num_epochs: number;
    readonly noise_multiplier: number;
    readonly delta: number;
    readonly used_microbatching: boolean;
    readonly max_examples_per_user: number | null;
    readonly accountant_type: 'RDP' | 'PLD';
  };
  readonly expected: Readonly<
    Partial<
      Record<
        'example_eps_no_sampling' | 'example_eps_poisson' | 'user_eps_no_sampling' | 'user_eps_poisson',
        number
      >
    >
  >;
}

const MNIST = {numExamples: 60000, batchSize: 256, noiseMultiplier: 1.1, epochs: 60, delta: 1e-5};

describe('the reference values', () => {
  test.each(golden('privacy_statement') as readonly StatementVector[])('$id', ({params, expected}) => {
    const {max_examples_per_user: cap, used_microbatching} = params;
    const run = {
      numExamples: params.number_of_examples,
      batchSize: params.batch_size,
      epochs: params.num_epochs,
      noiseMultiplier: params.noise_multiplier,
      delta: params.delta,
    };
    const {
      example,
      user,
      run: stated,
    } = dpSgdPrivacyStatement({
      ...run,
      orders: DEFAULT_ORDERS,
      microbatchSize: used_microbatching ? 2 : 1,
      ...(cap === null ? {} : {maxExamplesPerUser: cap}),
    });
    const isNear = (
      ours: {tight: {lower: number; upper: number}; improved: {epsilon: number}},
      theirs: number,
    ) => {
      if (params.accountant_type === 'RDP') {
        expect(relativeError(ours.improved.epsilon, theirs)).toBeLessThan(1e-6);
        expect(ours.tight.upper).toBeLessThan(theirs);
      } else {
        // Their value is an upper bound on a grid of 1e-4, ours an interval around the truth.
        expect(ours.tight.lower).toBeLessThanOrEqual(theirs);
        expect(relativeError(ours.tight.upper, theirs)).toBeLessThan(2e-3);
      }
    };
    isNear(example.oncePerEpoch, expected.example_eps_no_sampling!);
    if (used_microbatching) {
      // Their Poisson value with microbatches halves the noise, which has no proof; it is known where it comes from.
      expect(example.poisson).toBeNull();
      const step = poissonSampled({
        samplingProbability: stated.samplingProbability,
        event: gaussian({noiseMultiplier: run.noiseMultiplier / 2}),
      });
      const unproved = new RdpAccountant({orders: DEFAULT_ORDERS})
        .compose(step, stated.steps)
        .epsilon(run.delta);
      // Theirs is an upper bound at fractional orders.
      expect(relativeError(unproved, expected.example_eps_poisson!)).toBeLessThan(1e-3);
      expect(unproved).toBeLessThanOrEqual(expected.example_eps_poisson!);
    } else {
      isNear(example.poisson!, expected.example_eps_poisson!);
    }
    if (cap === null) return;
    isNear(user!.oncePerEpoch, expected.user_eps_no_sampling!);
    if (!used_microbatching) isNear(user!.poisson!, expected.user_eps_poisson!);
  });
});

test('the MNIST run: four ways to make batches, four numbers', () => {
  const {example, run, user, text} = dpSgdPrivacyStatement({...MNIST, steps: 14062});
  expect(run).toMatchObject({samplingProbability: 256 / 60000, steps: 14062, microbatchSize: 1});
  expect(user).toBeNull();
  expect(example.poisson?.relation).toBe('addOrRemoveOne');
  expect(example.oncePerEpoch.relation).toBe('replaceSpecial');
  expect(example.poisson?.tight.upper.toFixed(2)).toBe('2.38');
  expect(example.poisson?.replaceOne?.upper.toFixed(2)).toBe('4.22');
  // mpmath 1.4.1: Balle and Wang's formula for noise 1.1 / sqrt(60).
  expect(example.oncePerEpoch.tight.upper).toBeCloseTo(54.04581807672944, 8);
  expect(example.oncePerEpoch.replaceOne?.upper.toFixed(0)).toBe('158');
  // The same for noise 1.1 / sqrt(14062).
  expect(example.unknown.tight.upper).toBeCloseTo(6269.5311397526, 6);
  expect(example.shuffled).toEqual(example.oncePerEpoch);
  expect(text).toContain('accounting for Poisson sampling is NOT valid for shuffled batches');
  expect(text).toMatch(/^ {2}shuffled \(not as Poisson\) +54\.046 /m);
});

test('a user of five examples costs 16.1 in Poisson samples', () => {
  const {user, example, text} = dpSgdPrivacyStatement({...MNIST, maxExamplesPerUser: 5});
  expect(user).toMatchObject({records: 5, sensitivity: 5});
  expect(user?.poisson?.tight.upper.toFixed(1)).toBe('16.1');
  expect(user?.poisson?.replaceOne).toBeNull();
  expect(user?.poisson?.improved.epsilon).toBeCloseTo(22.882, 2);
  expect(example.poisson?.tight.upper.toFixed(2)).toBe('2.38');
  expect(text).toContain('If all examples of one user, of at most 5, are to be protected together:');
});

test('microbatches double the sensitivity and leave no Poisson value', () => {
  const {example, text} = dpSgdPrivacyStatement({...MNIST, microbatchSize: 4});
  const half = dpSgdPrivacyStatement({...MNIST, noiseMultiplier: 0.55}).example;
  expect(example.sensitivity).toBe(2);
  expect(example.poisson).toBeNull();
  expect(example.oncePerEpoch.tight).toEqual(half.oncePerEpoch.tight);
  // Replacing a record moves a group's clipped mean no further than zeroing it out may.
  expect(example.oncePerEpoch.replaceOne).toEqual(example.oncePerEpoch.tight);
  expect(text).toContain('Poisson-sampled                   no guarantee with microbatches');
});

test('the orders of the looser values can be given, the width of the tight ones too', () => {
  const {example} = dpSgdPrivacyStatement({
    ...MNIST,
    steps: 14062,
    orders: TUTORIAL_ORDERS,
    tolerance: 1e-4,
  });
  expect(example.poisson?.classic.epsilon.toFixed(4)).toBe('3.0083');
  expect(example.poisson?.classic.optimalOrder).toBe(8.8);
  expect(example.poisson?.improved.epsilon.toFixed(4)).toBe('2.5966');
  expect(example.poisson?.improved.optimalOrder).toBe(8.1);
  expect(example.poisson?.tight.upper).toBeLessThan(2.3819);
});

test('without noise every epsilon is infinite, at both levels', () => {
  const {example, user} = dpSgdPrivacyStatement({...MNIST, noiseMultiplier: 0, maxExamplesPerUser: 3});
  for (const level of [example, user!]) {
    for (const {tight, improved, classic} of [level.oncePerEpoch, level.poisson!, level.unknown]) {
      expect([tight.upper, improved.epsilon, classic.epsilon]).toEqual([Infinity, Infinity, Infinity]);
    }
  }
});

test('tight is never above improved, improved never above classic, a user never below an example', () => {
  fc.assert(
    fc.property(
      fc.record({
        batchSize: fc.integer({min: 1, max: 1000}),
        noiseMultiplier: fc.double({min: 0.6, max: 4, noNaN: true}),
        epochs: fc.integer({min: 1, max: 5}),
        maxExamplesPerUser: fc.integer({min: 1, max: 3}),
      }),
      (run) => {
        const {example, user} = dpSgdPrivacyStatement({
          numExamples: 1000,
          delta: 1e-5,
          tolerance: 0.1,
          ...run,
        });
        for (const kind of ['oncePerEpoch', 'poisson', 'unknown'] as const) {
          const [one, many] = [example[kind]!, user![kind]!];
          for (const {tight, improved, classic} of [one, many]) {
            expect(tight.lower).toBeLessThanOrEqual(tight.upper);
            expect(tight.lower).toBeLessThanOrEqual(improved.epsilon * (1 + 1e-9));
            expect(improved.epsilon).toBeLessThanOrEqual(classic.epsilon);
          }
          expect(many.tight.upper).toBeGreaterThanOrEqual(one.tight.lower);
        }
      },
    ),
    {numRuns: 10},
  );
});

test.each([
  [{delta: 0}, 'delta must be > 0 and < 1, got 0'],
  [{maxExamplesPerUser: 0}, 'maxExamplesPerUser must be an integer >= 1, got 0'],
  [{maxExamplesPerUser: 60001}, 'maxExamplesPerUser must be at most numExamples = 60000, got 60001'],
  [{batchSize: 60001}, 'batchSize must be at most numExamples = 60000, got 60001'],
])('%j is refused', (wrong, message) => {
  expect(() => dpSgdPrivacyStatement({...MNIST, ...wrong})).toThrow(message);
});

test('binomial probabilities add up to 1, also of many trials', () => {
  // mpmath 1.4.1.
  expect(binomialProbabilities(5, 256 / 60000)[2]).toBeCloseTo(0.00017972, 8);
  expect(binomialProbabilities(2, 0.5)).toEqual([0.25, 0.5, 0.25].map((p) => expect.closeTo(p, 15)));
  expect(binomialProbabilities(3, 1)).toEqual([0, 0, 0, 1]);
  const sum = binomialProbabilities(5000, 0.3).reduce((total, p) => total + p, 0);
  expect(sum).toBeCloseTo(1, 12);
});
