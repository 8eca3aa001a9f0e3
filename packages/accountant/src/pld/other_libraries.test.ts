import {describe, expect, test} from '@jest/globals';
import {type DpEvent, gaussian, poissonSampled} from '../event.js';
import {GdpAccountant} from '../gdp/accountant.js';
import {calibrateNoiseMultiplier} from '../plan/calibrate.js';
import {RdpAccountant} from '../rdp/accountant.js';
import {TUTORIAL_ORDERS} from '../rdp/orders.js';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {PldAccountant, type PrivacyBounds} from './accountant.js';

interface Run {
  readonly sampling_probability: number;
  readonly noise_multiplier: number;
  readonly steps: number;
}

const sampled = (run: Run): DpEvent =>
  poissonSampled({
    samplingProbability: run.sampling_probability,
    event: gaussian({noiseMultiplier: run.noise_multiplier}),
  });

/** The library's numbers, whose infinities are text. */
const number = (value: number | 'inf' | undefined): number | undefined =>
  value === 'inf' ? Infinity : value;

/** Ours holds the truth, and so does what lies between `lower` and `upper`. */
function expectMeets(
  ours: PrivacyBounds,
  lower: number | 'inf' | undefined,
  upper: number | 'inf' | undefined,
): void {
  expect(ours.lower).toBeLessThanOrEqual(number(upper) ?? Infinity);
  expect(ours.upper).toBeGreaterThanOrEqual(number(lower) ?? 0);
}

interface DotsVector {
  readonly id: string;
  readonly params: Run & {readonly deltas: readonly number[]; readonly epsilons: readonly number[]};
  readonly expected: Readonly<
    Record<
      | 'pessimistic_connect_dots'
      | 'PLDAccountant'
      | 'optimistic_privacy_buckets'
      | 'replace_one_pessimistic_connect_dots',
      | Readonly<
          Record<
            'epsilon' | 'epsilon_remove' | 'epsilon_add' | 'delta_at_eps',
            readonly (number | 'inf')[] | undefined
          >
        >
      | undefined
    >
  >;
}

/**
 * The library convolves without tilting, so its deltas carry an absolute error of some 1e-13 (they go negative), more the
 * more steps there are, and its "upper" epsilons below these deltas lie under the truth (id p07 at 1e-12, p13, p19 at
 * 1e-10 replaced) or far above it; there `two_sided_bracket` and `exact` are what ours is held against.
 */
const LIBRARY_LEAST_DELTA = 1e-9;
const LIBRARY_LEAST_DELTA_AT_EPSILON = 1e-10;

describe('between the bounds of dp-accounting, where its rounding leaves them bounds', () => {
  test.each(golden('pld_gaussian') as readonly DotsVector[])('$id', ({params, expected}) => {
    const {deltas, epsilons} = params;
    const {pessimistic_connect_dots: upper, optimistic_privacy_buckets: lower} = expected;
    const accountant = new PldAccountant().compose(sampled(params), params.steps);
    const replaced = new PldAccountant({neighboring: 'replaceOne'}).compose(sampled(params), params.steps);
    deltas.forEach((delta, i) => {
      if (delta < LIBRARY_LEAST_DELTA) return;
      expectMeets(accountant.epsilon(delta), lower?.epsilon?.[i], upper?.epsilon?.[i]);
      expectMeets(accountant.epsilon(delta), 0, expected.PLDAccountant?.epsilon?.[i]);
      for (const direction of ['remove', 'add'] as const) {
        const ours = accountant.epsilon(delta, {direction});
        expectMeets(ours, 0, upper?.[`epsilon_${direction}`]?.[i]);
      }
      const {replace_one_pessimistic_connect_dots: most} = expected;
      expectMeets(replaced.epsilon(delta), 0, most?.epsilon?.[i]);
    });
    epsilons.forEach((epsilon, i) => {
      const most = upper?.delta_at_eps?.[i];
      if (number(most)! < LIBRARY_LEAST_DELTA_AT_EPSILON) return;
      expectMeets(accountant.delta(epsilon), lower?.delta_at_eps?.[i], most);
    });
  });

  test('near them too: at the first MNIST run within 1e-3', () => {
    const [{params, expected}] = golden('pld_gaussian') as readonly [DotsVector];
    const {upper} = new PldAccountant().compose(sampled(params), params.steps).epsilon(1e-5);
    const library = number(expected.pessimistic_connect_dots?.epsilon?.[0])!;
    expect(relativeError(upper, library)).toBeLessThan(1e-3);
  });
});

interface PrvBounds {
  readonly epsilon_lower: number;
  readonly epsilon_upper: number;
  readonly delta_at_half_estimate: Readonly<Record<'epsilon' | 'lower' | 'upper', number>>;
}

interface PrvVector {
  readonly id: string;
  readonly params: Run & {readonly delta: number};
  readonly expected: Readonly<Record<'eps_error_0.1' | 'eps_error_0.01', PrvBounds | {error: string}>>;
}

// It knows the remove direction only, and refuses (an error instead of numbers) what its grid does not resolve.
test.each(golden('prv') as readonly PrvVector[])(
  '$id: meets the interval of prv_accountant',
  ({params, expected}) => {
    const accountant = new PldAccountant().compose(sampled(params), params.steps);
    for (const bounds of Object.values(expected)) {
      if ('error' in bounds) continue;
      const direction = 'remove';
      const epsilon = accountant.epsilon(params.delta, {direction});
      expectMeets(epsilon, bounds.epsilon_lower, bounds.epsilon_upper);
      expect(epsilon.upper - epsilon.lower).toBeLessThan(bounds.epsilon_upper - bounds.epsilon_lower);
      const {epsilon: half, lower, upper} = bounds.delta_at_half_estimate;
      expectMeets(accountant.delta(half, {direction}), lower, upper);
    }
  },
);

interface OpacusVector {
  readonly id: string;
  readonly params: Run & {
    readonly kind: 'epsilon' | 'noise_multiplier';
    readonly delta: number;
    readonly target_epsilon: number;
    readonly target_delta: number;
    readonly epsilon_tolerance: number;
  };
  readonly expected: Readonly<Record<'rdp' | 'prv' | 'gdp', number>>;
}

const opacus = golden('opacus') as readonly OpacusVector[];

test.each(opacus.filter(({params}) => params.kind === 'epsilon'))(
  "$id: Opacus's RDP and central limit exactly, its PRV bound from below",
  ({params, expected}) => {
    const {steps, delta} = params;
    const {lower, upper} = new PldAccountant().compose(sampled(params), steps).epsilon(delta);
    expect(lower).toBeLessThanOrEqual(expected.prv);
    // Its estimate is the bound less an error of 0.01, which its interval has to either side.
    expect(upper).toBeGreaterThanOrEqual(expected.prv - 2 * 0.0102);
    // The orders are those of the tutorial; the series of the fractional ones is cut off, with an error below 1e-9.
    const rdp = new RdpAccountant({orders: TUTORIAL_ORDERS}).compose(sampled(params), steps);
    expect(relativeError(rdp.epsilon(delta), expected.rdp)).toBeLessThan(1e-9);
    const limit = new GdpAccountant().compose(sampled(params), steps);
    expect(relativeError(limit.epsilon(delta), expected.gdp)).toBeLessThan(1e-9);
  },
);

test.each(opacus.filter(({params}) => params.kind === 'noise_multiplier'))(
  '$id: no more noise than Opacus finds',
  ({params, expected}) => {
    const {target_epsilon: epsilon, target_delta: delta, sampling_probability, steps} = params;
    const target = {epsilon, delta, samplingProbability: sampling_probability, steps};
    const tight = calibrateNoiseMultiplier(target).noiseMultiplier;
    const rdp = calibrateNoiseMultiplier({...target, accountant: 'rdp'}).noiseMultiplier;
    expect(tight).toBeLessThanOrEqual(expected.prv);
    expect(rdp).toBeLessThanOrEqual(expected.rdp * (1 + 1e-4));
    // It stops at an epsilon that is `epsilon_tolerance` below the target, or nearer.
    const theirs = new RdpAccountant({orders: TUTORIAL_ORDERS}).compose(
      sampled({...params, noise_multiplier: expected.rdp}),
      steps,
    );
    expect(theirs.epsilon(delta)).toBeLessThanOrEqual(epsilon);
    expect(theirs.epsilon(delta)).toBeGreaterThanOrEqual(epsilon - params.epsilon_tolerance);
  },
);
