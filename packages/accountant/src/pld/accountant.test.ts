import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {composed, type DpEvent, gaussian, noOp, nonPrivate, poissonSampled, selfComposed} from '../event.js';
import {gaussianDelta} from '../gaussian/delta.js';
import {gaussianEpsilon} from '../gaussian/epsilon.js';
import {RdpAccountant} from '../rdp/accountant.js';
import {golden} from '../testing/golden.js';
import {UnsupportedEventError} from '../unsupported_event_error.js';
import {PldAccountant, type PrivacyBounds} from './accountant.js';

const sampled = (samplingProbability: number, noiseMultiplier: number): DpEvent =>
  poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})});

/** Two intervals that both hold the truth overlap. */
function expectOverlap(ours: PrivacyBounds, lower: number, upper: number): void {
  expect(ours.lower).toBeLessThanOrEqual(upper);
  expect(ours.upper).toBeGreaterThanOrEqual(lower);
}

interface BracketVector {
  readonly id: string;
  readonly params: {
    readonly sampling_probability: number;
    readonly noise_multiplier: number;
    readonly steps: number;
    readonly deltas: readonly number[];
  };
  readonly expected: Readonly<
    Record<
      | 'epsilon_lower'
      | 'epsilon_upper'
      | 'epsilon_lower_remove'
      | 'epsilon_upper_remove'
      | 'epsilon_lower_add'
      | 'epsilon_upper_add',
      readonly number[]
    >
  >;
}

test.each(golden('two_sided_bracket') as readonly BracketVector[])(
  '$id: meets the bracket in both directions, apart and together, within the tolerance',
  ({params, expected}) => {
    const {sampling_probability: q, noise_multiplier: z, steps, deltas} = params;
    const accountant = new PldAccountant().compose(sampled(q, z), steps);
    deltas.forEach((delta, i) => {
      const both = accountant.epsilon(delta);
      const remove = accountant.epsilon(delta, {direction: 'remove'});
      const add = accountant.epsilon(delta, {direction: 'add'});
      expectOverlap(both, expected.epsilon_lower[i]!, expected.epsilon_upper[i]!);
      expectOverlap(remove, expected.epsilon_lower_remove[i]!, expected.epsilon_upper_remove[i]!);
      expectOverlap(add, expected.epsilon_lower_add[i]!, expected.epsilon_upper_add[i]!);
      for (const found of [both, remove, add]) {
        expect(found.upper - found.lower).toBeLessThanOrEqual(1e-3 * Math.max(found.lower, 0.1));
        expect(found).toEqual({lower: found.lower, upper: found.upper, lowerIsFor: 'mechanism'});
      }
    });
  },
);

interface ExactVector {
  readonly id: string;
  readonly params: {
    readonly mechanism: string;
    readonly sampling_probability: number;
    readonly noise_multiplier: number;
    readonly steps: number;
    readonly epsilons: readonly number[];
    readonly deltas?: readonly number[];
  };
  readonly expected: Readonly<
    Record<'delta_at_eps' | 'epsilon' | 'delta_remove' | 'delta_add', readonly number[]>
  >;
}
const exact = golden('exact') as readonly ExactVector[];

test.each(exact.filter(({params}) => params.mechanism === 'gaussian'))(
  '$id: holds the 60-digit value',
  ({params, expected}) => {
    const accountant = new PldAccountant().compose(
      gaussian({noiseMultiplier: params.noise_multiplier}),
      params.steps,
    );
    params.deltas!.forEach((delta, i) => {
      const {lower, upper} = accountant.epsilon(delta);
      expect(lower).toBeLessThanOrEqual(expected.epsilon[i]!);
      expect(upper).toBeGreaterThanOrEqual(expected.epsilon[i]!);
    });
    params.epsilons.forEach((epsilon, i) => {
      const {lower, upper} = accountant.delta(epsilon);
      expect(lower).toBeLessThanOrEqual(expected.delta_at_eps[i]!);
      expect(upper).toBeGreaterThanOrEqual(expected.delta_at_eps[i]!);
    });
  },
);

test.each(exact.filter(({params}) => params.mechanism === 'poisson_subsampled_gaussian'))(
  '$id: holds the 60-digit value in both directions, by the closed form and by the grid',
  ({params, expected}) => {
    const {sampling_probability: q, noise_multiplier: z, epsilons} = params;
    const closed = new PldAccountant().compose(sampled(q, z));
    // A Gaussian with next to no privacy loss beside it keeps the closed form away.
    const grid = new PldAccountant({tolerance: 0.01})
      .compose(sampled(q, z))
      .compose(gaussian({noiseMultiplier: 1e9}));
    for (const direction of ['remove', 'add'] as const) {
      epsilons.forEach((epsilon, i) => {
        const truth = expected[`delta_${direction}`][i]!;
        const {lower, upper} = closed.delta(epsilon, {direction});
        expect(lower).toBeLessThanOrEqual(truth);
        expect(upper).toBeGreaterThanOrEqual(truth === 2.5e-323 ? 0 : truth);
        // Very rare large losses want the finest grid, which takes seconds here.
        if (truth < 1e-6 || q < 1e-4) return;
        const bounds = grid.delta(epsilon, {direction});
        expect(bounds.lower).toBeLessThanOrEqual(truth * (1 + 1e-5));
        expect(bounds.upper).toBeGreaterThanOrEqual(truth);
        const {lower: least, upper: most} = closed.epsilon(truth, {direction});
        expect(least).toBeLessThanOrEqual(epsilon + 1e-12);
        expect(most).toBeGreaterThanOrEqual(epsilon - 1e-12);
      });
    }
  },
);

describe('properties', () => {
  const coarse = {tolerance: 0.02};
  const q = fc.double({min: 1e-3, max: 0.5, noNaN: true});
  const z = fc.double({min: 0.7, max: 5, noNaN: true});
  const steps = fc.integer({min: 1, max: 1000});
  const exponent = fc.double({min: 2, max: 12, noNaN: true});
  const few = {numRuns: 4};

  test('lower <= upper, below RDP, and monotone in noise, steps, q and delta', () => {
    fc.assert(
      fc.property(q, z, steps, exponent, (p, noise, count, digits) => {
        const epsilon = (a: number, b: number, c: number, d: number): PrivacyBounds =>
          new PldAccountant(coarse).compose(sampled(a, b), c).epsilon(10 ** -d);
        const {lower, upper} = epsilon(p, noise, count, digits);
        expect(lower).toBeLessThanOrEqual(upper);
        const rdp = new RdpAccountant().compose(sampled(p, noise), count).epsilon(10 ** -digits);
        expect(lower).toBeLessThanOrEqual(rdp * (1 + 1e-9));
        expect(epsilon(p, noise * 1.5, count, digits).lower).toBeLessThanOrEqual(upper);
        expect(epsilon(p, noise, Math.ceil(count / 2), digits).lower).toBeLessThanOrEqual(upper);
        expect(epsilon(p / 2, noise, count, digits).lower).toBeLessThanOrEqual(upper);
        expect(epsilon(p, noise, count, digits / 2).lower).toBeLessThanOrEqual(upper);
      }),
      few,
    );
  });

  test('delta_add(epsilon) = 1 - e^epsilon (1 - delta_remove(-epsilon)) within the bounds', () => {
    fc.assert(
      fc.property(q, z, steps, fc.double({min: -1, max: 1, noNaN: true}), (p, noise, count, epsilon) => {
        const accountant = new PldAccountant(coarse).compose(sampled(p, noise), count);
        const add = accountant.delta(epsilon, {direction: 'add'});
        const remove = accountant.delta(-epsilon, {direction: 'remove'});
        const mirrored = (delta: number): number => 1 - Math.exp(epsilon) * (1 - delta);
        expect(add.lower).toBeLessThanOrEqual(mirrored(remove.upper) + 1e-12);
        expect(add.upper).toBeGreaterThanOrEqual(mirrored(remove.lower) - 1e-12);
      }),
      few,
    );
  });

  test('composing in any order or grouping agrees', () => {
    fc.assert(
      fc.property(q, z, steps, exponent, (p, noise, count, digits) => {
        const parts = [sampled(p, noise), gaussian({noiseMultiplier: 20}), sampled(p / 2, noise * 1.2)];
        const forwards = new PldAccountant(coarse);
        for (const part of parts) forwards.compose(part, count);
        const backwards = new PldAccountant(coarse).compose(
          selfComposed({event: composed([...parts].reverse()), count}),
        );
        const a = forwards.epsilon(10 ** -digits);
        expectOverlap(backwards.epsilon(10 ** -digits), a.lower, a.upper);
      }),
      {numRuns: 3},
    );
  });

  test('Gaussians of mixed noise are one Gaussian exactly', () => {
    const accountant = new PldAccountant()
      .compose(gaussian({noiseMultiplier: 3}), 4)
      .compose(gaussian({noiseMultiplier: 2}));
    const noiseMultiplier = 1 / Math.sqrt(4 / 9 + 1 / 4);
    const epsilon = gaussianEpsilon({noiseMultiplier, delta: 1e-6});
    expectOverlap(accountant.epsilon(1e-6), epsilon, epsilon);
    expect(accountant.epsilon(1e-6).upper).toBeLessThan(epsilon * (1 + 1e-10));
    const delta = gaussianDelta({noiseMultiplier, epsilon: 1});
    expectOverlap(accountant.delta(1), delta, delta);
  });

  test('the grid holds the exact Gaussian too, for deltas from 0.3 to 1e-300', () => {
    // A sample of next to nothing keeps the exact formula away.
    const accountant = new PldAccountant()
      .compose(gaussian({noiseMultiplier: 1}))
      .compose(sampled(1e-12, 50));
    for (const delta of [0.3, 1e-2, 1e-5, 1e-15, 1e-50, 1e-300]) {
      const truth = gaussianEpsilon({noiseMultiplier: 1, delta});
      const {lower, upper, why} = accountant.epsilon(delta);
      expect(lower).toBeLessThanOrEqual(truth + 1e-9);
      expect(upper).toBeGreaterThanOrEqual(truth);
      expect(why).toBeUndefined();
    }
  });
});

test('several releases from one batch are one event', () => {
  const event = poissonSampled({
    samplingProbability: 0.01,
    event: composed([gaussian({noiseMultiplier: 2}), gaussian({noiseMultiplier: 3})]),
  });
  const noise = 1 / Math.sqrt(1 / 4 + 1 / 9);
  expect(new PldAccountant().compose(event, 100).epsilon(1e-6)).toEqual(
    new PldAccountant().compose(sampled(0.01, noise), 100).epsilon(1e-6),
  );
});

test('replaced records of the MNIST run cost 4.22, not 2.38', () => {
  const run = sampled(256 / 60000, 1.1);
  const {lower, upper} = new PldAccountant({neighboring: 'replaceOne'}).compose(run, 14062).epsilon(1e-5);
  expect(lower).toBeGreaterThan(4.219);
  expect(upper).toBeLessThan(4.223);
});

test('a tighter tolerance narrows the interval inside the wider one', () => {
  const run = sampled(0.01, 1);
  const wide = new PldAccountant({tolerance: 0.01}).compose(run, 1000).epsilon(1e-5);
  const narrow = new PldAccountant({tolerance: 1e-4}).compose(run, 1000).epsilon(1e-5);
  expect(narrow.upper - narrow.lower).toBeLessThanOrEqual(1e-4 * narrow.lower);
  expectOverlap(wide, narrow.lower, narrow.upper);
});

test('edges: nothing, no guarantee, no noise, large deltas', () => {
  expect(new PldAccountant().compose(noOp(), 5).epsilon(1e-5)).toMatchObject({lower: 0, upper: 0});
  expect(new PldAccountant().compose(sampled(0, 1), 5).delta(0)).toMatchObject({lower: 0, upper: 0});
  expect(new PldAccountant().compose(nonPrivate()).epsilon(1e-5)).toEqual({
    lower: Infinity,
    upper: Infinity,
    lowerIsFor: 'mechanism',
    why: 'something without any guarantee was composed',
  });
  expect(new PldAccountant().compose(gaussian({noiseMultiplier: 0})).delta(3).lower).toBeGreaterThan(0.999);
  expect(new PldAccountant().compose(sampled(0.1, 0)).epsilon(1e-5)).toEqual({
    lower: 0,
    upper: Infinity,
    lowerIsFor: 'mechanism',
    why: 'records were sampled for a release without noise',
  });
  expect(new PldAccountant().compose(sampled(0.01, 1), 100).epsilon(0.5)).toMatchObject({lower: 0, upper: 0});
  expect(new PldAccountant().compose(nonPrivate(), 0).epsilon(1e-5).upper).toBe(0);
});

test('bad arguments are refused, and a refused event leaves no trace', () => {
  const accountant = new PldAccountant().compose(sampled(0.01, 1), 10);
  const before = accountant.epsilon(1e-5);
  const nested = poissonSampled({samplingProbability: 0.5, event: sampled(0.5, 1)});
  expect(() => accountant.compose(composed([gaussian({noiseMultiplier: 1}), nested]))).toThrow(
    UnsupportedEventError,
  );
  expect(() => accountant.compose(sampled(0.01, 1), -1)).toThrow('count must be an integer >= 0, got -1');
  expect(accountant.epsilon(1e-5)).toEqual(before);
  expect(() => accountant.epsilon(0)).toThrow('delta must be > 0 and < 1, got 0');
  expect(() => accountant.delta(NaN)).toThrow('epsilon must be a finite number, got NaN');
  expect(() => new PldAccountant({tolerance: 1})).toThrow('tolerance must be < 1, got 1');
  expect(() => accountant.epsilon(0.1, {direction: 'both' as 'add'})).toThrow(
    "direction must be 'remove' or 'add'",
  );
});
