import {describe, expect, test} from '@jest/globals';
import {composed, type DpEvent, gaussian, poissonSampled} from './event.js';
import {
  discreteGaussian,
  discreteLaplace,
  epsilonDelta,
  laplace,
  mixtureOfGaussians,
  randomizedResponse,
  singleEpochTreeAggregation,
  zCDP,
} from './leaf_event.js';
import type {NeighbouringRelation} from './neighbours.js';
import {PldAccountant} from './pld/accountant.js';
import {RdpAccountant} from './rdp/accountant.js';
import {golden} from './testing/golden.js';
import {relativeError} from './testing/relative_error.js';
import {UnsupportedEventError} from './unsupported_event_error.js';

interface Vector {
  readonly id: string;
  readonly params: Readonly<Record<string, number>> & {
    readonly mechanism: string;
    readonly event: string;
    readonly neighboring: string;
    readonly orders: readonly number[];
    readonly deltas: readonly number[];
    readonly epsilons: readonly number[];
    readonly sensitivities: readonly number[];
    readonly sampling_probs: readonly number[];
    readonly step_counts: number | readonly number[];
  };
  readonly expected: {
    readonly rdp: readonly number[];
    readonly delta_at_eps: readonly number[];
    readonly pessimistic: {
      readonly epsilon: readonly (number | 'inf')[];
      readonly delta_at_eps: readonly number[];
    };
    readonly optimistic?: {readonly epsilon: readonly number[]; readonly delta_at_eps: readonly number[]};
  };
}

const relationOf = (name: string | undefined): NeighbouringRelation =>
  name === 'REPLACE_ONE' ? 'replaceOne' : name === 'REPLACE_SPECIAL' ? 'replaceSpecial' : 'addOrRemoveOne';

function eventOf({params}: Vector): DpEvent | undefined {
  switch (params.mechanism) {
    case 'laplace':
      if ((params.sampling_probability ?? 1) < 1) return undefined;
      return laplace({noiseMultiplier: params.parameter! / (params.sensitivity ?? 1)});
    case 'discrete_laplace':
      return discreteLaplace({parameter: params.parameter!, sensitivity: params.sensitivity!});
    case 'discrete_gaussian':
      return discreteGaussian({sigma: params.sigma!, sensitivity: params.sensitivity!});
    case 'randomized_response':
      return randomizedResponse({noiseParameter: params.noise_parameter!, numBuckets: params.num_buckets!});
    case 'randomized_response_binary':
      return randomizedResponse({noiseParameter: 2 / (1 + Math.exp(params.epsilon0!)), numBuckets: 2});
    case 'mixture_of_gaussians':
      return mixtureOfGaussians({
        standardDeviation: params.standard_deviation!,
        sensitivities: params.sensitivities,
        probabilities: params.sampling_probs,
      });
    case 'epsilon_delta_dp':
      return epsilonDelta({epsilon: params.epsilon!, delta: params.delta!});
    default:
      return undefined;
  }
}

const known = (vector: Vector): boolean => eventOf(vector) !== undefined;

describe('privacy losses against closed forms at 60 digits', () => {
  test.each((golden('exact') as readonly Vector[]).filter(known))('$id', (vector) => {
    const {params, expected} = vector;
    const neighboring = params.mechanism.startsWith('randomized') ? 'replaceOne' : 'addOrRemoveOne';
    const accountant = new PldAccountant({neighboring}).compose(eventOf(vector)!, params.steps);
    params.epsilons.forEach((epsilon, i) => {
      const truth = expected.delta_at_eps[i]!;
      const {lower, upper} = accountant.delta(epsilon);
      // The event's own parameter is rounded: an epsilon0 of RR is not representable.
      expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-12));
      expect(upper).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
      expect(upper - lower).toBeLessThanOrEqual(0.02 * upper + 1e-300);
    });
  });
});

describe('privacy losses between the bounds of dp-accounting', () => {
  test.each((golden('pld_other') as readonly Vector[]).filter(known))('$id', (vector) => {
    const {params, expected} = vector;
    const accountant = new PldAccountant({neighboring: relationOf(params.neighboring)}).compose(
      eventOf(vector)!,
      params.steps,
    );
    params.deltas.forEach((delta, i) => {
      const {lower, upper} = accountant.epsilon(delta);
      const library = expected.pessimistic.epsilon[i]!;
      // The library's upper bounds are a true upper bound up to its own rounding.
      expect(lower).toBeLessThanOrEqual((library === 'inf' ? Infinity : library) * (1 + 1e-6) + 1e-9);
      expect(upper).toBeGreaterThanOrEqual((expected.optimistic?.epsilon[i] ?? 0) - 1e-3);
    });
    params.epsilons.slice(0, 2).forEach((epsilon, i) => {
      const library = expected.pessimistic.delta_at_eps[i]!;
      if (library < 1e-12) return;
      const {lower, upper} = accountant.delta(epsilon);
      expect(lower).toBeLessThanOrEqual(library * (1 + 1e-6));
      expect(upper).toBeGreaterThanOrEqual((expected.optimistic?.delta_at_eps[i] ?? 0) * (1 - 1e-3));
    });
  });
});

describe('Renyi divergences against dp-accounting', () => {
  const leaf = (params: Vector['params']): DpEvent | undefined => {
    switch (params.event) {
      case 'Laplace':
        return laplace({noiseMultiplier: params.noise_multiplier!});
      case 'RandomizedResponse':
        return randomizedResponse({noiseParameter: params.noise_parameter!, numBuckets: params.num_buckets!});
      case 'zCDP':
        return zCDP({rho: params.rho!});
      default:
        return undefined;
    }
  };
  const vectors = (golden('rdp_other_events') as readonly Vector[]).filter(
    ({params}) => leaf(params) !== undefined,
  );

  test.each(vectors)('$id', ({params, expected}) => {
    const {orders, neighboring, count} = params;
    const {rdp} = new RdpAccountant({orders, neighboring: relationOf(neighboring)}).compose(
      leaf(params)!,
      count,
    );
    orders.forEach((order, i) => {
      expect(relativeError(rdp.get(order)!, expected.rdp[i]!)).toBeLessThan(1e-9);
    });
  });

  test.each((golden('tree_aggregation') as readonly Vector[]).filter(({id}) => /p0[1-5]$/.test(id)))(
    '$id',
    ({params, expected}) => {
      const {orders, noise_multiplier: noiseMultiplier = 0, count} = params;
      const stepCounts = [params.step_counts].flat();
      const event = singleEpochTreeAggregation({noiseMultiplier, stepCounts});
      const {rdp} = new RdpAccountant({orders, neighboring: 'replaceSpecial'}).compose(event, count);
      orders.forEach((order, i) => {
        expect(relativeError(rdp.get(order)!, expected.rdp[i]!)).toBeLessThan(1e-9);
      });
    },
  );
});

test('an event that an accountant has no bound for is refused, and the other accountant named', () => {
  expect(() => new PldAccountant().compose(composed([zCDP({rho: 0.1})]))).toThrow(
    "PldAccountant does not support zCDP({rho: 0.1}) under 'addOrRemoveOne': zCDP is supported by RdpAccountant under",
  );
  expect(() => new RdpAccountant().compose(epsilonDelta({epsilon: 1, delta: 0}))).toThrow(
    UnsupportedEventError,
  );
  expect(() =>
    new PldAccountant().compose(
      poissonSampled({samplingProbability: 0.1, event: laplace({noiseMultiplier: 1})}),
    ),
  ).toThrow('laplace inside poissonSampled is supported by no accountant');
  expect(() =>
    new RdpAccountant().compose(singleEpochTreeAggregation({noiseMultiplier: 1, stepCounts: [8]})),
  ).toThrow(UnsupportedEventError);
});

test('a lower bound for a dominating pair that need not be attained is labelled', () => {
  const accountant = new PldAccountant().compose(epsilonDelta({epsilon: 0.1, delta: 1e-6}), 20);
  expect(accountant.epsilon(1e-4).lowerIsFor).toBe('dominatingPair');
  expect(accountant.epsilon(1e-5)).toMatchObject({
    upper: Infinity,
    why: 'delta is not above the probability of an infinite privacy loss',
  });
});

test('what has no loss costs nothing, beside others too', () => {
  const empty = [
    epsilonDelta({epsilon: 0, delta: 0}),
    mixtureOfGaussians({standardDeviation: 1, sensitivities: [0], probabilities: [1]}),
  ];
  for (const event of empty) {
    expect(new PldAccountant().compose(event, 3).epsilon(1e-6)).toMatchObject({lower: 0, upper: 0});
    const beside = new PldAccountant()
      .compose(event, 3)
      .compose(gaussian({noiseMultiplier: 5}))
      .epsilon(1e-6);
    const alone = new PldAccountant().compose(gaussian({noiseMultiplier: 5})).epsilon(1e-6);
    expect(beside.lower).toBeLessThanOrEqual(alone.upper);
    expect(beside.upper).toBeGreaterThanOrEqual(alone.lower);
  }
});

describe('parameters out of their bounds are refused', () => {
  test.each([
    [() => laplace({noiseMultiplier: 0}), 'laplace: noiseMultiplier must be > 0, got 0'],
    [
      () => discreteGaussian({sigma: 1, sensitivity: 0}),
      'discreteGaussian: sensitivity must be an integer >= 1, got 0',
    ],
    [
      () => discreteLaplace({parameter: -1, sensitivity: 1}),
      'discreteLaplace: parameter must be > 0, got -1',
    ],
    [() => randomizedResponse({noiseParameter: 0, numBuckets: 2}), 'noiseParameter must be > 0, got 0'],
    [() => zCDP({rho: -1}), 'zCDP: rho must be >= 0, got -1'],
    [() => epsilonDelta({epsilon: 1, delta: 2}), 'epsilonDelta: delta must be in [0, 1], got 2'],
    [
      () => mixtureOfGaussians({standardDeviation: 1, sensitivities: [0, 1], probabilities: [0.5, 0.4]}),
      'mixtureOfGaussians: probabilities must add up to 1, got 0.9',
    ],
    [
      () => mixtureOfGaussians({standardDeviation: 1, sensitivities: [0], probabilities: [0.5, 0.5]}),
      'probabilities must be as many as sensitivities, 1, got 2',
    ],
    [
      () => singleEpochTreeAggregation({noiseMultiplier: 1, stepCounts: []}),
      'stepCounts must be an array of at least one number',
    ],
  ])('%s', (make, message) => {
    expect(make).toThrow(message);
  });
});
