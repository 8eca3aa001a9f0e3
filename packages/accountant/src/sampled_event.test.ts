import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {
  composed,
  type DpEvent,
  gaussian,
  poissonSampled,
  repeatAndSelect,
  sampledWithoutReplacement,
  sampledWithReplacement,
} from './event.js';
import {eventFromJson, eventToJson} from './event_json.js';
import {gaussianDelta} from './gaussian/delta.js';
import {gaussianEpsilon} from './gaussian/epsilon.js';
import {PldAccountant, type PrivacyBounds} from './pld/accountant.js';
import {RdpAccountant} from './rdp/accountant.js';
import {DEFAULT_ORDERS} from './rdp/orders.js';
import {golden} from './testing/golden.js';
import {relativeError} from './testing/relative_error.js';
import {truncatedPoissonSampledGaussian} from './truncated_event.js';
import {UnsupportedEventError} from './unsupported_event_error.js';

const g = (noiseMultiplier: number): DpEvent => gaussian({noiseMultiplier});

interface RdpVector {
  readonly id: string;
  readonly params: {
    readonly event: string;
    readonly count: number;
    readonly orders: readonly number[];
    readonly dataset_size: number;
    readonly sample_size: number;
    readonly noise_multiplier: number;
    readonly mean: number;
    readonly shape: number | 'inf';
  };
  readonly expected: {
    readonly deltas: readonly number[];
    readonly rdp: readonly number[];
    readonly epsilon_default_orders: readonly number[];
  };
}

const vectors = (golden('rdp_other_events') as readonly RdpVector[]).filter(({params}) =>
  /^(SampledWithoutReplacement|RepeatAndSelect)/.test(params.event),
);

function eventOf({params}: RdpVector): DpEvent {
  const {dataset_size, sample_size, noise_multiplier, mean, shape} = params;
  if (params.event.startsWith('RepeatAndSelect')) {
    return repeatAndSelect({event: g(noise_multiplier), mean, shape: shape === 'inf' ? 'poisson' : shape});
  }
  // The library's noise is relative to the distance between two records, ours to the norm of one.
  const event = g(2 * noise_multiplier);
  return sampledWithoutReplacement({sourceDatasetSize: dataset_size, sampleSize: sample_size, event});
}

describe('Renyi divergences against dp-accounting', () => {
  test.each(vectors)('$id', (vector) => {
    const {params, expected} = vector;
    const event = eventOf(vector);
    const neighboring = event.kind === 'sampledWithoutReplacement' ? 'replaceOne' : 'addOrRemoveOne';
    const {orders} = params;
    const {rdp} = new RdpAccountant({orders, neighboring}).compose(event, params.count);
    orders.forEach((order, i) => expect(relativeError(rdp.get(order)!, expected.rdp[i]!)).toBeLessThan(1e-6));
    const accountant = new RdpAccountant({orders: DEFAULT_ORDERS, neighboring}).compose(event, params.count);
    expected.deltas.forEach((delta, i) =>
      expect(relativeError(accountant.epsilon(delta), expected.epsilon_default_orders[i]!)).toBeLessThan(
        1e-6,
      ),
    );
  });
});

describe('a truncated Poisson sample', () => {
  const run = {datasetSize: 60000, samplingProbability: 256 / 60000, noiseMultiplier: 1.1};
  const epsilon = (truncatedBatchSize: number, neighboring: 'addOrRemoveOne' | 'replaceOne'): PrivacyBounds =>
    new PldAccountant({neighboring})
      .compose(truncatedPoissonSampledGaussian({...run, truncatedBatchSize}), 14062)
      .epsilon(1e-5);

  test('caps of 300 cost the MNIST run 3.43 instead of 2.38, and nothing where they are never reached', () => {
    const capped = epsilon(300, 'addOrRemoveOne');
    expect(capped.upper.toFixed(2)).toBe('3.43');
    expect(capped.lowerIsFor).toBe('dominatingPair');
    const free = epsilon(60000, 'addOrRemoveOne');
    expect(free.upper).toBeLessThan(2.383);
    expect(free.lower).toBeGreaterThan(2.38);
  });

  test('smaller caps cost more, and all others always full is a replaced place', () => {
    expect(epsilon(280, 'addOrRemoveOne').lower).toBeGreaterThan(epsilon(300, 'addOrRemoveOne').upper);
  });

  test('pld_other/p18: not above dp-accounting, which takes the pair of a replaced record for a full batch', () => {
    const event = truncatedPoissonSampledGaussian({
      datasetSize: 10000,
      samplingProbability: 0.01,
      truncatedBatchSize: 130,
      noiseMultiplier: 1,
    });
    const at = (neighboring: 'addOrRemoveOne' | 'replaceOne', delta: number): PrivacyBounds =>
      new PldAccountant({neighboring}).compose(event, 500).epsilon(delta);
    for (const [delta, added, replaced] of [
      [1e-5, 3.16073558105902, 3.3457413041204904],
      [1e-9, 7.510836869999123, 7.752892723967086],
    ] as const) {
      expect(at('addOrRemoveOne', delta).lower).toBeLessThanOrEqual(added);
      expect(at('addOrRemoveOne', delta).upper).toBeGreaterThan(added * 0.95);
      expect(at('replaceOne', delta).lower).toBeLessThanOrEqual(replaced);
      expect(at('replaceOne', delta).upper).toBeGreaterThan(replaced * (1 - 1e-3));
    }
  });
});

describe('subsets of fixed size', () => {
  const subset = (n: number, m: number, z: number): DpEvent =>
    sampledWithoutReplacement({sourceDatasetSize: n, sampleSize: m, event: g(z)});
  const drawn = (n: number, m: number, z: number): DpEvent =>
    sampledWithReplacement({sourceDatasetSize: n, sampleSize: m, event: g(z)});
  const bounds = (event: DpEvent, steps: number, delta: number): PrivacyBounds =>
    new PldAccountant({neighboring: 'replaceOne'}).compose(event, steps).epsilon(delta);

  test('one subset has the closed form ln(1 + q (e^epsilon - 1)) at q delta', () => {
    const delta = 1e-6;
    const y = gaussianEpsilon({noiseMultiplier: 0.75, delta: delta / 0.01});
    const truth = Math.log1p(0.01 * Math.expm1(y));
    const {lower, upper} = bounds(subset(10000, 100, 1.5), 1, delta);
    expect(lower).toBeLessThanOrEqual(truth);
    expect(upper).toBeGreaterThanOrEqual(truth);
    expect(upper - lower).toBeLessThanOrEqual(1e-3 * Math.max(truth, 0.1));
  });

  test('the whole data set as a subset is a plain Gaussian', () => {
    expect(bounds(subset(50, 50, 3), 4, 1e-5)).toMatchObject(bounds(g(3), 4, 1e-5));
  });

  test('many subsets: below the Renyi bound and above one direction alone', () => {
    const rdp = new RdpAccountant({neighboring: 'replaceOne'}).compose(subset(60000, 256, 2.2), 1000);
    const {lower, upper} = bounds(subset(60000, 256, 2.2), 1000, 1e-5);
    expect(upper).toBeLessThan(rdp.epsilon(1e-5));
    const poisson = poissonSampled({samplingProbability: 256 / 60000, event: g(1.1)});
    const oneWay = new PldAccountant().compose(poisson, 1000).epsilon(1e-5, {direction: 'remove'});
    expect(lower).toBeGreaterThan(oneWay.lower * 0.999);
  });

  test('draws with replacement: the sum over how often a record is drawn, and copies of one record', () => {
    const [n, m, z] = [1000, 30, 2];
    const share = -Math.expm1(m * Math.log1p(-1 / n));
    const accountant = new PldAccountant({neighboring: 'replaceOne'}).compose(drawn(n, m, z));
    for (const epsilon of [0.01, 0.1, 1]) {
      const inner = Math.log1p(Math.expm1(epsilon) / share);
      let [weight, truth] = [(1 - 1 / n) ** m, 0];
      for (let k = 1; k <= m; k++) {
        weight *= (m - k + 1) / (k * (n - 1));
        truth += weight * gaussianDelta({noiseMultiplier: z / (2 * k), epsilon: inner});
      }
      const {lower, upper} = accountant.delta(epsilon);
      expect(lower).toBeLessThanOrEqual(truth * (1 + 1e-11));
      expect(upper).toBeGreaterThanOrEqual(truth * (1 - 1e-11));
      expect(upper - lower).toBeLessThanOrEqual(1e-3 * truth);
    }
    expect(bounds(drawn(1, 3, 6), 2, 1e-5)).toMatchObject(bounds(g(2), 2, 1e-5));
  });

  test('one draw of one record is a subset of one record', () => {
    const a = bounds(drawn(100, 1, 2), 50, 1e-6);
    const b = bounds(subset(100, 1, 2), 50, 1e-6);
    expect(a.lower).toBeLessThanOrEqual(b.upper);
    expect(b.lower).toBeLessThanOrEqual(a.upper);
  });

  test('several releases from one subset are one, and other relations are refused', () => {
    const both = sampledWithoutReplacement({
      sourceDatasetSize: 1000,
      sampleSize: 10,
      event: composed([g(3), g(4)]),
    });
    expect(bounds(both, 10, 1e-6).upper).toBeCloseTo(bounds(subset(1000, 10, 2.4), 10, 1e-6).upper, 9);
    expect(() => new PldAccountant().compose(both)).toThrow(UnsupportedEventError);
    expect(() => new RdpAccountant({neighboring: 'replaceOne'}).compose(drawn(10, 2, 1))).toThrow(
      "sampledWithReplacement is supported by PldAccountant under 'replaceOne' or 'replaceSpecial'",
    );
  });
});

describe('the best of several runs', () => {
  test('of one run is the run', () => {
    const event = repeatAndSelect({event: g(2), mean: 1, shape: 1});
    expect(new RdpAccountant().compose(event).rdp).toEqual(new RdpAccountant().compose(g(2)).rdp);
  });

  test('costs more with more runs, and more than one run', () => {
    fc.assert(
      fc.property(
        fc.double({min: 1, max: 1e6, noNaN: true}),
        fc.oneof(fc.double({min: 0, max: 50, noNaN: true}), fc.constant('poisson' as const)),
        fc.double({min: 0.3, max: 30, noNaN: true}),
        (mean, shape, z) => {
          const epsilon = (runs: number): number =>
            new RdpAccountant().compose(repeatAndSelect({event: g(z), mean: runs, shape})).epsilon(1e-6);
          expect(epsilon(mean)).toBeGreaterThanOrEqual(
            new RdpAccountant().compose(g(z)).epsilon(1e-6) * (1 - 1e-12),
          );
          expect(epsilon(mean * 2)).toBeGreaterThanOrEqual(epsilon(mean));
        },
      ),
      {numRuns: 8},
    );
  });

  test('is for RdpAccountant alone, whatever is inside', () => {
    const event = repeatAndSelect({event: g(1), mean: 3, shape: 'poisson'});
    expect(() => new PldAccountant().compose(event)).toThrow(UnsupportedEventError);
  });
});

test('events survive JSON', () => {
  for (const event of [
    sampledWithoutReplacement({sourceDatasetSize: 10, sampleSize: 2, event: g(1)}),
    sampledWithReplacement({sourceDatasetSize: 10, sampleSize: 20, event: g(1)}),
    repeatAndSelect({event: g(1), mean: 3, shape: 'poisson'}),
    repeatAndSelect({event: g(1), mean: 3, shape: 0.5}),
    truncatedPoissonSampledGaussian({
      datasetSize: 10,
      samplingProbability: 0.1,
      truncatedBatchSize: 3,
      noiseMultiplier: 1,
    }),
  ]) {
    expect(eventFromJson(eventToJson(event))).toEqual(event);
  }
});

test.each([
  [
    () => sampledWithoutReplacement({sourceDatasetSize: 2, sampleSize: 3, event: g(1)}),
    'sampleSize must be at most sourceDatasetSize = 2, got 3',
  ],
  [
    () => sampledWithReplacement({sourceDatasetSize: 0, sampleSize: 3, event: g(1)}),
    'sourceDatasetSize must be an integer >= 1, got 0',
  ],
  [() => repeatAndSelect({event: g(1), mean: 0.5, shape: 1}), 'mean must be >= 1, got 0.5'],
  [
    () => repeatAndSelect({event: g(1), mean: 2, shape: -1}),
    "shape, unless it is 'poisson', must be >= 0, got -1",
  ],
  [
    () =>
      truncatedPoissonSampledGaussian({
        datasetSize: 5,
        samplingProbability: 0.1,
        truncatedBatchSize: 0,
        noiseMultiplier: 1,
      }),
    'truncatedBatchSize must be an integer >= 1, got 0',
  ],
])('bad parameters are refused', (make, message) => {
  expect(make).toThrow(message);
});
