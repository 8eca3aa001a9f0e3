import {expect, test} from '@jest/globals';
import fc from 'fast-check';

import {composed, type DpEvent, gaussian, noOp, poissonSampled, selfComposed} from './event.js';
import {eventFromJson, eventToJson} from './event_json.js';
import {discreteGaussian, epsilonDelta, laplace, mixtureOfGaussians} from './leaf_event.js';
import {type PrivacyBounds, PldAccountant} from './pld/accountant.js';
import {RdpAccountant} from './rdp/accountant.js';
import {UnsupportedEventError} from './unsupported_event_error.js';

// What holds for whatever was released: trees of events, drawn at random.
const TREES = process.env['DP_LONG_TESTS'] === undefined ? 8 : 300;
const DELTA = 1e-5;

/** An event with all its noise multiplied by a factor. */
type Noisier = (factor: number) => DpEvent;

const noise = fc.double({min: 0.8, max: 8, noNaN: true});
const probability = fc.double({min: 1e-3, max: 1, noNaN: true});

const leaf: fc.Arbitrary<Noisier> = fc.oneof(
  {weight: 4, arbitrary: noise.map((z) => (factor: number) => gaussian({noiseMultiplier: z * factor}))},
  {weight: 2, arbitrary: noise.map((z) => (factor: number) => laplace({noiseMultiplier: z * factor}))},
  {
    weight: 1,
    arbitrary: noise.map((z) => (factor: number) => discreteGaussian({sigma: z * factor, sensitivity: 1})),
  },
  {
    weight: 1,
    arbitrary: noise.map((z) => (factor: number) => epsilonDelta({epsilon: 1 / (z * factor), delta: 1e-9})),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(noise, probability).map(
      ([z, q]) =>
        (factor: number) =>
          mixtureOfGaussians({
            standardDeviation: z * factor,
            sensitivities: [0, 1, 2],
            probabilities: [1 - q, q / 2, q / 2],
          }),
    ),
  },
  {weight: 1, arbitrary: fc.constant(() => noOp())},
);

const sampled: fc.Arbitrary<Noisier> = fc
  .tuple(probability, fc.array(noise, {minLength: 1, maxLength: 3}))
  .map(
    ([samplingProbability, zs]) =>
      (factor: number) =>
        poissonSampled({
          samplingProbability,
          event: composed(zs.map((z) => gaussian({noiseMultiplier: z * factor}))),
        }),
  );

const {tree} = fc.letrec<{tree: Noisier}>((tie) => ({
  tree: fc.oneof(
    {depthSize: 'small', withCrossShrink: true},
    leaf,
    sampled,
    fc.tuple(tie('tree'), fc.integer({min: 0, max: 40})).map(
      ([inner, count]) =>
        (factor: number) =>
          selfComposed({event: inner(factor), count}),
    ),
    fc
      .array(tie('tree'), {maxLength: 3})
      .map((parts) => (factor: number) => composed(parts.map((part) => part(factor)))),
  ),
}));

const pld = (...events: readonly DpEvent[]): PrivacyBounds => {
  const accountant = new PldAccountant({tolerance: 0.3});
  for (const event of events) accountant.compose(event);
  return accountant.epsilon(DELTA);
};

/** Undefined where an event has no Renyi bound. */
function rdp(...events: readonly DpEvent[]): number | undefined {
  const accountant = new RdpAccountant({orders: [1.5, 2, 4, 8, 16, 32, 64]});
  try {
    for (const event of events) accountant.compose(event);
  } catch (error) {
    expect(error).toBeInstanceOf(UnsupportedEventError);
    return undefined;
  }
  return accountant.epsilon(DELTA);
}

/** The first is private at least as much as the second, as far as intervals can say. */
function expectAtMost(less: PrivacyBounds, more: PrivacyBounds): void {
  expect(less.lower).toBeLessThanOrEqual(more.upper);
}

function expectSame(a: PrivacyBounds, b: PrivacyBounds): void {
  expectAtMost(a, b);
  expectAtMost(b, a);
}

const overTrees = (
  law: (event: DpEvent, other: DpEvent, noisier: DpEvent, count: number) => void,
  runs = TREES,
): void =>
  fc.assert(
    fc.property(
      tree,
      tree,
      fc.double({min: 1, max: 4, noNaN: true}),
      fc.integer({min: 1, max: 5}),
      (a, b, factor, n) => law(a(1), b(1), a(factor), n),
    ),
    {numRuns: runs},
  );

test('an event comes back from JSON as it was', () => {
  overTrees((event) => {
    const json = eventToJson(event);
    expect(eventFromJson(json)).toEqual(event);
    expect(eventToJson(eventFromJson(json))).toBe(json);
  }, 10 * TREES);
});

test('bounds are ordered, Renyi bounds are above the lower one, and delta(epsilon) undoes epsilon(delta)', () => {
  overTrees((event) => {
    const {lower, upper} = pld(event);
    expect(lower).toBeGreaterThanOrEqual(0);
    expect(lower).toBeLessThanOrEqual(upper);
    expect(rdp(event) ?? Infinity).toBeGreaterThanOrEqual(lower);
    if (upper === Infinity) return;
    const at = new PldAccountant({tolerance: 0.3}).compose(event).delta(upper);
    expect(at.lower).toBeLessThanOrEqual(at.upper);
    expect(at.lower).toBeLessThanOrEqual(DELTA * (1 + 1e-9));
  });
});

test('more copies, or one event more, cost no less; more noise costs no more', () => {
  overTrees((event, other, noisier, count) => {
    const once = pld(event);
    expectAtMost(once, pld(selfComposed({event, count})));
    expectAtMost(once, pld(event, other));
    expectAtMost(pld(noisier), once);
    const [one, many, two, less] = [
      rdp(event),
      rdp(selfComposed({event, count})),
      rdp(event, other),
      rdp(noisier),
    ];
    if (one === undefined || many === undefined || less === undefined) return;
    expect(many).toBeGreaterThanOrEqual(one * (1 - 1e-9));
    expect(two ?? Infinity).toBeGreaterThanOrEqual(one * (1 - 1e-9));
    expect(less).toBeLessThanOrEqual(one * (1 + 1e-9));
  });
});

test('the order, and where a count is written, make no difference', () => {
  overTrees((event, other, _, count) => {
    expectSame(pld(event, other), pld(other, event));
    expectSame(pld(event, other), pld(composed([other, event])));
    const copies = Array<DpEvent>(count).fill(event);
    expectSame(pld(selfComposed({event, count})), pld(...copies));
    const [ab, ba, together] = [rdp(event, other), rdp(other, event), rdp(composed([event, other]))];
    if (ab === undefined || ba === undefined || together === undefined) return;
    expect(Math.abs(ab - ba)).toBeLessThanOrEqual(1e-9 * ab);
    expect(Math.abs(ab - together)).toBeLessThanOrEqual(1e-9 * ab);
    const [counted = NaN, listed = NaN] = [rdp(selfComposed({event, count})), rdp(...copies)];
    expect(Math.abs(counted - listed)).toBeLessThanOrEqual(1e-9 * counted);
  });
});
