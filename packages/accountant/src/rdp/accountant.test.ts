import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {composed, type DpEvent, gaussian, noOp, nonPrivate, poissonSampled, selfComposed} from '../event.js';
import {gaussianDelta} from '../gaussian/delta.js';
import type {NeighbouringRelation} from '../neighbours.js';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {UnsupportedEventError} from '../unsupported_event_error.js';
import {RdpAccountant} from './accountant.js';
import {DEFAULT_ORDERS, TUTORIAL_ORDERS} from './orders.js';
import {LEGACY_ORDERS} from './testing/legacy_orders.js';

const ORDER_SETS = {
  dp_accounting_default: DEFAULT_ORDERS,
  tutorial: TUTORIAL_ORDERS,
  tfp_legacy: LEGACY_ORDERS,
};

interface EpsilonVector {
  readonly id: string;
  readonly params: {
    readonly sampling_probability: number;
    readonly noise_multiplier: number;
    readonly steps: number;
    readonly delta: number;
  };
  readonly expected: Readonly<
    Record<
      keyof typeof ORDER_SETS,
      {
        readonly epsilon: number;
        readonly optimal_order: number;
        readonly epsilon_classic: number;
        readonly optimal_order_classic: number;
      }
    >
  > & {
    readonly delta_at: {
      readonly epsilons: readonly number[];
      readonly deltas: readonly number[];
      readonly optimal_orders: readonly number[];
    };
  };
}

interface MnistVector {
  readonly id: string;
  readonly params: {
    readonly sampling_probability: number;
    readonly noise_multiplier: number;
    readonly steps: number;
    readonly delta: number;
  };
  readonly expected: {
    readonly published_2_decimals: number;
    readonly epsilon_classic_conversion: number;
    readonly epsilon_improved_conversion: number;
    readonly epsilon_bracket: readonly [number, number];
  };
}

const sampled = (samplingProbability: number, noiseMultiplier: number): DpEvent =>
  poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})});

describe('against dp-accounting: never above it, and equal to it where its moments are exact', () => {
  const exact = (order: number, q: number): boolean => Number.isInteger(order) || q === 1;
  const vectors = golden('rdp_epsilon_delta') as readonly EpsilonVector[];

  test.each(vectors)('$id, epsilon', ({params, expected}) => {
    const {sampling_probability: q, noise_multiplier: z, steps, delta} = params;
    for (const [name, orders] of Object.entries(ORDER_SETS)) {
      const library = expected[name as keyof typeof ORDER_SETS];
      for (const [conversion, epsilon, order] of [
        ['improved', library.epsilon, library.optimal_order],
        ['classic', library.epsilon_classic, library.optimal_order_classic],
      ] as const) {
        const ours = new RdpAccountant({orders, conversion}).compose(sampled(q, z), steps);
        expect(ours.epsilon(delta)).toBeLessThanOrEqual(epsilon * (1 + 1e-9));
        const atItsOrder = new RdpAccountant({orders: [order], conversion}).compose(sampled(q, z), steps);
        if (exact(order, q)) expect(relativeError(atItsOrder.epsilon(delta), epsilon)).toBeLessThan(1e-9);
      }
    }
  });

  test.each(vectors)('$id, delta', ({params, expected}) => {
    const {sampling_probability: q, noise_multiplier: z, steps} = params;
    const ours = new RdpAccountant({orders: DEFAULT_ORDERS}).compose(sampled(q, z), steps);
    const searched = new RdpAccountant().compose(sampled(q, z), steps);
    const {epsilons, deltas, optimal_orders: orders} = expected.delta_at;
    epsilons.forEach((epsilon, i) => {
      const [delta, order] = [deltas[i]!, orders[i]!];
      expect(ours.delta(epsilon)).toBeLessThanOrEqual(delta * (1 + 1e-9));
      expect(searched.delta(epsilon)).toBeLessThanOrEqual(ours.delta(epsilon));
      const atItsOrder = new RdpAccountant({orders: [order]}).compose(sampled(q, z), steps);
      if (exact(order, q)) expect(relativeError(atItsOrder.delta(epsilon), delta)).toBeLessThan(1e-6);
    });
  });
});

test.each(golden('mnist_reference') as readonly MnistVector[])(
  '$id: the numbers published for MNIST, above the true epsilon',
  ({params, expected}) => {
    const step = sampled(params.sampling_probability, params.noise_multiplier);
    const epsilon = (conversion: 'classic' | 'improved'): number =>
      new RdpAccountant({orders: TUTORIAL_ORDERS, conversion})
        .compose(step, params.steps)
        .epsilon(params.delta);
    expect(Number(epsilon('classic').toFixed(2))).toBe(expected.published_2_decimals);
    for (const [ours, library] of [
      [epsilon('classic'), expected.epsilon_classic_conversion],
      [epsilon('improved'), expected.epsilon_improved_conversion],
    ] as const) {
      // At fractional orders the library is an upper bound, here by up to 3e-4.
      expect(ours).toBeLessThanOrEqual(library * (1 + 1e-9));
      expect(ours).toBeGreaterThan(library * (1 - 3e-4));
    }
    expect(epsilon('improved')).toBeGreaterThan(expected.epsilon_bracket[1]);
  },
);

test('the example of the doc comment', () => {
  const accountant = new RdpAccountant();
  const step = poissonSampled({samplingProbability: 256 / 60000, event: gaussian({noiseMultiplier: 1.1})});
  expect(accountant.compose(step, 14062).epsilon(1e-5).toFixed(4)).toBe('2.5965');
  expect(accountant.optimalOrder(1e-5)).toBeCloseTo(8.12, 1);
});

test('without given orders the best real order is found, and it gives what it says', () => {
  fc.assert(
    fc.property(
      fc.double({min: 0.001, max: 0.5, noNaN: true}),
      fc.double({min: 0.7, max: 5, noNaN: true}),
      fc.integer({min: 1, max: 2000}),
      (q, z, steps) => {
        const found = new RdpAccountant()
          .compose(sampled(q, z), steps)
          .compose(gaussian({noiseMultiplier: 9}));
        const order = found.optimalOrder(1e-6);
        const epsilonAt = (orders: readonly number[]): number =>
          new RdpAccountant({orders})
            .compose(sampled(q, z), steps)
            .compose(gaussian({noiseMultiplier: 9}))
            .epsilon(1e-6);
        expect(relativeError(epsilonAt([order]), found.epsilon(1e-6))).toBeLessThan(1e-12);
        expect(found.epsilon(1e-6)).toBeLessThanOrEqual(epsilonAt(DEFAULT_ORDERS));
        // No neighbour is better by more than the search leaves.
        const near = [0.99, 0.999, 1.001, 1.01].map((factor) => 1 + (order - 1) * factor);
        expect(epsilonAt(near)).toBeGreaterThan(found.epsilon(1e-6) * (1 - 1e-6));
      },
    ),
    {numRuns: 20},
  );
});

describe('relations', () => {
  const plain = gaussian({noiseMultiplier: 3});
  const rdp = (event: DpEvent, neighboring: NeighbouringRelation) =>
    new RdpAccountant({neighboring}).compose(event).rdp;

  test('a plain Gaussian: zeroing a record out costs as much as removing it, replacing it twice the distance', () => {
    expect(rdp(plain, 'replaceSpecial')).toEqual(rdp(plain, 'addOrRemoveOne'));
    expect(rdp(plain, 'replaceOne')).toEqual(rdp(gaussian({noiseMultiplier: 1.5}), 'addOrRemoveOne'));
    expect(rdp(plain, 'addOrRemoveOne').get(2)).toBe(2 / 18);
  });

  test('a sampled Gaussian: zeroing out costs as much as removing, replacing is refused', () => {
    expect(rdp(sampled(0.1, 3), 'replaceSpecial')).toEqual(rdp(sampled(0.1, 3), 'addOrRemoveOne'));
    expect(() => rdp(sampled(0.1, 3), 'replaceOne')).toThrow(UnsupportedEventError);
  });
});

test('several Gaussians from one sampled batch are one, and cost more than if each had its own sample', () => {
  const together = poissonSampled({
    samplingProbability: 0.01,
    event: composed([gaussian({noiseMultiplier: 1.5}), gaussian({noiseMultiplier: 2})]),
  });
  const one = new RdpAccountant().compose(together, 1000);
  expect(
    relativeError(one.epsilon(1e-5), new RdpAccountant().compose(sampled(0.01, 1.2), 1000).epsilon(1e-5)),
  ).toBeLessThan(1e-12);
  const apart = new RdpAccountant().compose(sampled(0.01, 1.5), 1000).compose(sampled(0.01, 2), 1000);
  expect(apart.epsilon(1e-5)).toBeLessThan(0.9 * one.epsilon(1e-5));
});

test('compose changes nothing when it refuses', () => {
  const accountant = new RdpAccountant({neighboring: 'replaceOne'}).compose(gaussian({noiseMultiplier: 2}));
  const before = accountant.rdp;
  const unsupported = composed([gaussian({noiseMultiplier: 1}), sampled(0.1, 1)]);
  const malformed = {kind: 'composed', events: [gaussian({noiseMultiplier: 1}), {kind: 'gaussian'}]} as never;
  expect(() => accountant.compose(unsupported)).toThrow(UnsupportedEventError);
  expect(() => accountant.compose(malformed)).toThrow(RangeError);
  expect(() => accountant.compose(gaussian({noiseMultiplier: 1}), 1.5)).toThrow(
    'count must be an integer >= 0',
  );
  expect(accountant.rdp).toEqual(before);
});

describe('composition', () => {
  const orders = [1.5, 2, 8.5, 16];
  const simple = fc.oneof(
    fc.constant<DpEvent>(noOp()),
    fc
      .double({min: 0.5, max: 10, noNaN: true})
      .map((noiseMultiplier): DpEvent => gaussian({noiseMultiplier})),
    fc
      .tuple(fc.double({min: 0, max: 1, noNaN: true}), fc.double({min: 0.5, max: 10, noNaN: true}))
      .map(([q, z]) => sampled(q, z)),
  );
  const sameRdp = (a: RdpAccountant, b: RdpAccountant): void => {
    for (const [order, rdp] of a.rdp) expect(relativeError(rdp, b.rdp.get(order)!)).toBeLessThan(1e-12);
  };

  test('order, grouping and counting do not matter', () => {
    fc.assert(
      fc.property(fc.array(simple, {maxLength: 5}), fc.integer({min: 0, max: 9}), (events, count) => {
        const oneByOne = new RdpAccountant({orders});
        for (let i = 0; i < count; i++) for (const event of events) oneByOne.compose(event);
        const reversed = composed([...events].reverse());
        sameRdp(new RdpAccountant({orders}).compose(reversed, count), oneByOne);
        sameRdp(new RdpAccountant({orders}).compose(selfComposed({event: reversed, count})), oneByOne);
        const halves = composed([composed(events.slice(0, 2)), composed(events.slice(2))]);
        sameRdp(new RdpAccountant({orders}).compose(halves, count), oneByOne);
      }),
    );
  });

  test('more steps cost more, a larger delta asks for less', () => {
    fc.assert(
      fc.property(
        simple,
        fc.integer({min: 1, max: 1000}),
        fc.integer({min: 1, max: 1000}),
        (event, steps, more) => {
          const fewer = new RdpAccountant({orders}).compose(event, steps);
          const epsilon = fewer.epsilon(1e-5);
          expect(fewer.epsilon(1e-4)).toBeLessThanOrEqual(epsilon);
          expect(fewer.compose(event, more).epsilon(1e-5)).toBeGreaterThanOrEqual(epsilon);
        },
      ),
    );
  });

  test('many Gaussians: the bound lies above the exact delta, and near it', () => {
    const accountant = new RdpAccountant().compose(gaussian({noiseMultiplier: 20}), 100);
    for (const epsilon of [0.1, 1, 3]) {
      const truth = gaussianDelta({noiseMultiplier: 2, epsilon});
      expect(accountant.delta(epsilon)).toBeGreaterThan(truth);
      expect(accountant.delta(epsilon)).toBeLessThan(10 * truth);
    }
  });
});

describe('edges', () => {
  test('nothing composed, or zero copies, costs nothing by either conversion', () => {
    for (const conversion of ['improved', 'classic'] as const) {
      const accountant = new RdpAccountant({conversion}).compose(noOp(), 7).compose(nonPrivate(), 0);
      expect(accountant.epsilon(1e-5)).toBe(0);
      expect(accountant.delta(0)).toBe(0);
    }
  });

  test.each([nonPrivate(), gaussian({noiseMultiplier: 0}), sampled(0.1, 0)])(
    '%j protects nothing',
    (event) => {
      const accountant = new RdpAccountant().compose(event);
      expect(accountant.epsilon(0.5)).toBe(Infinity);
      expect(accountant.delta(100)).toBe(1);
      expect(accountant.optimalOrder(0.5)).toBe(1.1);
    },
  );

  test('a sample that is never drawn costs nothing, whatever would be released from it', () => {
    const event = poissonSampled({samplingProbability: 0, event: nonPrivate()});
    expect(new RdpAccountant().compose(event).epsilon(1e-5)).toBe(0);
  });

  test('bad options are refused with name and bound', () => {
    expect(() => new RdpAccountant({orders: [1]})).toThrow('each order must be > 1, got 1');
    expect(() => new RdpAccountant({conversion: 'best' as never})).toThrow(
      "conversion must be 'improved' or 'classic', got 'best'",
    );
    expect(() => new RdpAccountant({neighboring: 'ADD' as never})).toThrow(
      "neighboring must be 'addOrRemoveOne' or",
    );
    expect(() => new RdpAccountant().epsilon(0)).toThrow('delta must be > 0 and < 1, got 0');
    expect(() => new RdpAccountant().optimalOrder(1)).toThrow('delta must be > 0 and < 1, got 1');
    expect(() => new RdpAccountant().delta(-1)).toThrow('epsilon must be >= 0, got -1');
  });
});
