import {describe, expect, test} from '@jest/globals';
import {composed, type DpEvent, gaussian, poissonSampled} from '../event.js';
import {laplace} from '../leaf_event.js';
import {PldAccountant} from '../pld/accountant.js';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {UnsupportedEventError} from '../unsupported_event_error.js';
import {RdpAccountant} from './accountant.js';
import {DEFAULT_ORDERS} from './orders.js';
import {LEGACY_ORDERS} from './testing/legacy_orders.js';

interface Vector {
  readonly id: string;
  readonly params: {
    readonly event: string;
    readonly segments?: readonly {
      readonly sampling_probability: number;
      readonly noise_multiplier: number;
      readonly steps: number;
    }[];
    readonly orders: 'default' | 'tfp_legacy' | readonly number[];
    readonly deltas: readonly number[];
    readonly count: number;
    readonly sampling_probability: number;
    readonly noise_multipliers: readonly number[];
  };
  readonly expected: {
    readonly epsilon: readonly number[];
    readonly rdp: readonly number[];
    readonly epsilon_default_orders: readonly number[];
    readonly deltas: readonly number[];
  };
}

const vectors = golden('rdp_other_events') as readonly Vector[];
const g = (noiseMultiplier: number): DpEvent => gaussian({noiseMultiplier});

describe('several kinds of steps in one run, against dp-accounting', () => {
  test.each(vectors.filter(({params}) => params.segments !== undefined))('$id', ({params, expected}) => {
    const orders = params.orders === 'default' ? DEFAULT_ORDERS : LEGACY_ORDERS;
    const accountant = new RdpAccountant({orders});
    for (const {sampling_probability: samplingProbability, noise_multiplier, steps} of params.segments!) {
      accountant.compose(poissonSampled({samplingProbability, event: g(noise_multiplier)}), steps);
    }
    params.deltas.forEach((delta, i) => {
      // The library's fractional orders are upper bounds.
      expect(accountant.epsilon(delta)).toBeLessThanOrEqual(expected.epsilon[i]! * (1 + 1e-9));
      expect(relativeError(accountant.epsilon(delta), expected.epsilon[i]!)).toBeLessThan(1e-3);
    });
  });
});

describe('several Gaussians on one sample, against dp-accounting', () => {
  const together = vectors.filter(({params}) => params.event.startsWith('PoissonSampled(Composed'));

  test.each(together)('$id', ({params, expected}) => {
    const {sampling_probability: samplingProbability, noise_multipliers, count} = params;
    const event = poissonSampled({samplingProbability, event: composed(noise_multipliers.map(g))});
    const orders = params.orders as readonly number[];
    const {rdp} = new RdpAccountant({orders}).compose(event, count);
    orders.forEach((order, i) => {
      if (Number.isInteger(order))
        expect(relativeError(rdp.get(order)!, expected.rdp[i]!)).toBeLessThan(1e-9);
      else expect(rdp.get(order)!).toBeLessThanOrEqual(expected.rdp[i]! * (1 + 1e-9));
    });
    const accountant = new RdpAccountant({orders: DEFAULT_ORDERS}).compose(event, count);
    expected.deltas.forEach((delta, i) => {
      const library = expected.epsilon_default_orders[i]!;
      expect(accountant.epsilon(delta)).toBeLessThanOrEqual(library * (1 + 1e-9));
      expect(accountant.epsilon(delta)).toBeGreaterThan(library * (1 - 1e-3));
    });
  });
});

test('pld_other/p03 and p04, Laplace noise on a Poisson sample, have no implemented bound and are refused', () => {
  const event = poissonSampled({samplingProbability: 0.1, event: laplace({noiseMultiplier: 1})});
  expect(() => new PldAccountant().compose(event)).toThrow(UnsupportedEventError);
  expect(() => new RdpAccountant().compose(event)).toThrow(UnsupportedEventError);
});
