import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import type {DpEvent} from './event.js';
import {eventFromJson, eventToJson} from './event_json.js';
import {PldAccountant} from './pld/accountant.js';
import {RdpAccountant} from './rdp/accountant.js';
import {boundedRangeRdp, pureRdp} from './rdp/selection.js';
import {exponentialMechanism, permuteAndFlip} from './selection_event.js';
import {relativeError} from './testing/relative_error.js';

/** (P, Q) with the losses t and t - epsilon: its Renyi divergence, from the definition. */
function binaryRdp(epsilon: number, t: number, order: number): number {
  const p = (Math.exp(epsilon) - Math.exp(t)) / Math.expm1(epsilon);
  const moment = p * Math.exp((order - 1) * t) + (1 - p) * Math.exp((order - 1) * (t - epsilon));
  return Math.log(moment) / (order - 1);
}

test('losses that span epsilon: the largest divergence of two losses that far apart', () => {
  for (const epsilon of [0.01, 0.3, 1, 3, 9]) {
    for (const order of [1.1, 1.5, 2, 7, 30]) {
      let truth = 0;
      for (let i = 0; i <= 4000; i++)
        truth = Math.max(truth, binaryRdp(epsilon, (i / 4000) * epsilon, order));
      const bound = boundedRangeRdp(epsilon, order);
      expect(bound).toBeGreaterThan(truth * (1 - 1e-9));
      expect(bound).toBeLessThan(truth * (1 + 1e-4));
      expect(bound).toBeLessThanOrEqual((order * epsilon * epsilon) / 8);
    }
  }
});

test('pure privacy: the divergence of randomised response, for any size of epsilon', () => {
  for (const epsilon of [0.01, 0.3, 1, 3, 9]) {
    for (const order of [1.1, 2, 30]) {
      const up = Math.exp(epsilon) / (1 + Math.exp(epsilon));
      const moment = up * Math.exp((order - 1) * epsilon) + (1 - up) * Math.exp(-(order - 1) * epsilon);
      expect(relativeError(pureRdp(epsilon, order), Math.log(moment) / (order - 1))).toBeLessThan(1e-9);
    }
  }
  expect(relativeError(pureRdp(1e-9, 8), 8e-18 / 2)).toBeLessThan(1e-9);
  expect(relativeError(pureRdp(1e5, 8), 1e5)).toBeLessThan(1e-9);
});

test('one exponential mechanism has the hockey-stick divergence (e^(epsilon / 2) - e^(s / 2))^2 / (e^epsilon - 1)', () => {
  const accountant = new PldAccountant().compose(exponentialMechanism({epsilon: 1.5}));
  for (const s of [0, 0.3]) {
    const truth = (Math.exp(0.75) - Math.exp(s / 2)) ** 2 / Math.expm1(1.5);
    const {lower, upper, why} = accountant.delta(s);
    expect(lower).toBeLessThanOrEqual(truth);
    expect(upper).toBeGreaterThanOrEqual(truth);
    // One such loss has no tail, and the finest grid may be wider than the tolerance: then it says so.
    if (upper - lower > 1e-3 * truth) expect(why).toBeDefined();
  }
  expect(accountant.delta(1.5).upper).toBeLessThan(1e-11);
});

// The pair of an exponential mechanism is that of the worst t for each order apart, so its own lower bound may be above RDP.
test('many: never above pure privacy, and the Renyi bound of permute and flip above the lower one', () => {
  fc.assert(
    fc.property(
      fc.double({min: 0.01, max: 2, noNaN: true}),
      fc.integer({min: 1, max: 200}),
      (epsilon, count) => {
        const at = (event: DpEvent): {lower: number; upper: number} =>
          new PldAccountant({tolerance: 0.01}).compose(event, count).epsilon(1e-6);
        const flipped = at(permuteAndFlip({epsilon}));
        expect(at(exponentialMechanism({epsilon})).lower).toBeLessThanOrEqual(flipped.upper);
        expect(flipped.upper).toBeLessThanOrEqual(count * epsilon * (1 + 1e-9));
        const rdp = new RdpAccountant().compose(permuteAndFlip({epsilon}), count).epsilon(1e-6);
        expect(rdp).toBeGreaterThanOrEqual(flipped.lower * (1 - 1e-9));
      },
    ),
    {numRuns: 5},
  );
});

test('a replaced record counts twice; bounds are for the dominating pair', () => {
  const replaced = new PldAccountant({neighboring: 'replaceOne'}).compose(permuteAndFlip({epsilon: 1}), 3);
  const twice = new PldAccountant().compose(permuteAndFlip({epsilon: 2}), 3);
  expect(replaced.epsilon(1e-6)).toEqual(twice.epsilon(1e-6));
  expect(twice.epsilon(1e-6).lowerIsFor).toBe('dominatingPair');
});

test('JSON, bounds of the parameter, and nothing at epsilon 0', () => {
  for (const event of [exponentialMechanism({epsilon: 0.5}), permuteAndFlip({epsilon: 0})]) {
    expect(eventFromJson(eventToJson(event))).toEqual(event);
  }
  expect(() => exponentialMechanism({epsilon: -1})).toThrow(
    'exponentialMechanism: epsilon must be >= 0, got -1',
  );
  expect(new PldAccountant().compose(exponentialMechanism({epsilon: 0}), 9).epsilon(1e-9).upper).toBe(0);
  expect(new PldAccountant().compose(permuteAndFlip({epsilon: 0}), 9).epsilon(1e-9).upper).toBe(0);
});
