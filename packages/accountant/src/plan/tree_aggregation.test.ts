import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {gaussianEpsilon} from '../gaussian/epsilon.js';
import {PldAccountant} from '../pld/accountant.js';
import {RdpAccountant} from '../rdp/accountant.js';
import {DEFAULT_ORDERS} from '../rdp/orders.js';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {treeAggregation} from './tree_aggregation.js';
import {treeDepth} from './tree_depth.js';

interface TreeVector {
  readonly id: string;
  readonly params: {
    readonly kind: 'single_epoch_tree' | 'tree_restart' | 'single_tree';
    readonly noise_multiplier: number;
    readonly step_counts?: number | readonly number[];
    readonly count?: number;
    readonly steps_list?: readonly number[];
    readonly total_steps?: number;
    readonly max_participation?: number;
    readonly min_separation?: number;
    readonly orders: readonly number[];
  };
  readonly expected: {
    readonly rdp: readonly number[];
    readonly sum_sensitivity_square?: number;
    readonly zcdp?: number;
    readonly epsilon_default_orders_1e_5?: number;
  };
}

function optionsOf({params}: TreeVector): Parameters<typeof treeAggregation>[0] {
  const {noise_multiplier: noiseMultiplier, count = 1} = params;
  if (params.kind === 'tree_restart') return {noiseMultiplier, steps: params.steps_list!};
  if (params.kind === 'single_tree') {
    const {total_steps: steps, max_participation, min_separation} = params;
    return {
      noiseMultiplier,
      steps: steps!,
      maxParticipations: max_participation!,
      minSeparation: min_separation!,
    };
  }
  // One record is in one of these trees only, in the deepest at worst, `count` times over.
  const deepest = Math.max(...[params.step_counts!].flat());
  return {noiseMultiplier, steps: Array.from({length: count}, () => deepest)};
}

describe('the reference values', () => {
  test.each(golden('tree_aggregation') as readonly TreeVector[])('$id: $params.kind', (vector) => {
    const {params, expected} = vector;
    const {sensitivitySquared, zCDP, rdp, event} = treeAggregation(optionsOf(vector));
    params.orders.forEach((order, i) => {
      expect(relativeError(rdp(order), expected.rdp[i]!)).toBeLessThan(1e-12);
    });
    if (expected.zcdp !== undefined) {
      expect(sensitivitySquared).toBe(expected.sum_sensitivity_square);
      expect(relativeError(zCDP, expected.zcdp)).toBeLessThan(1e-12);
    }
    const epsilon = new RdpAccountant({orders: DEFAULT_ORDERS, neighboring: 'replaceSpecial'})
      .compose(event)
      .epsilon(1e-5);
    if (expected.epsilon_default_orders_1e_5 !== undefined) {
      expect(relativeError(epsilon, expected.epsilon_default_orders_1e_5)).toBeLessThan(1e-6);
    }
  });
});

/** By trying all sets of steps: the definition. */
function byEnumeration(steps: number, most: number, gap: number): number {
  let largest = 0;
  for (let set = 1; set < 2 ** steps; set++) {
    const taken = Array.from({length: steps}, (_, i) => i).filter((i) => (set >> i) & 1);
    const apart = taken.every((step, i) => i === 0 || step - taken[i - 1]! >= gap);
    if (taken.length > most || !apart) continue;
    let squares = 0;
    for (let size = 1; size <= steps; size *= 2) {
      for (let start = 0; start + size <= steps; start += size) {
        squares += taken.filter((step) => step >= start && step < start + size).length ** 2;
      }
    }
    largest = Math.max(largest, squares);
  }
  return largest;
}

test('the worst case equals trying all ways to take part', () => {
  const upTo = (max: number) => fc.integer({min: 1, max});
  fc.assert(
    fc.property(upTo(14), upTo(6), upTo(8), (steps, maxParticipations, gap) => {
      const {sensitivitySquared} = treeAggregation({
        noiseMultiplier: 1,
        steps,
        maxParticipations,
        minSeparation: gap - 1,
      });
      expect(sensitivitySquared).toBe(byEnumeration(steps, maxParticipations, gap));
    }),
    {numRuns: 60},
  );
});

test('once a tree, it is the depth; restarts add up', () => {
  for (const steps of [1, 2, 3, 7, 8, 1000, 100_000]) {
    expect(treeAggregation({noiseMultiplier: 1, steps}).sensitivitySquared).toBe(treeDepth([steps]));
  }
  expect(treeAggregation({noiseMultiplier: 1, steps: [8, 100, 8]}).sensitivitySquared).toBe(4 + 7 + 4);
});

test('more steps, more participations or less separation never cost less', () => {
  const squares = (steps: number, maxParticipations: number, minSeparation: number): number =>
    treeAggregation({noiseMultiplier: 1, steps, maxParticipations, minSeparation}).sensitivitySquared;
  fc.assert(
    fc.property(
      fc.integer({min: 1, max: 300}),
      fc.integer({min: 1, max: 6}),
      fc.integer({min: 0, max: 60}),
      (steps, most, apart) => {
        const one = squares(steps, most, apart);
        expect(squares(steps + 1, most, apart)).toBeGreaterThanOrEqual(one);
        expect(squares(steps, most + 1, apart)).toBeGreaterThanOrEqual(one);
        expect(squares(steps, most, apart + 1)).toBeLessThanOrEqual(one);
      },
    ),
    {numRuns: 50},
  );
});

test('the event is one Gaussian, exact by privacy loss distributions, and knows its relations', () => {
  const {event, sensitivitySquared} = treeAggregation({
    noiseMultiplier: 8,
    steps: 2000,
    maxParticipations: 5,
    minSeparation: 399,
  });
  const noiseMultiplier = 8 / Math.sqrt(sensitivitySquared);
  for (const [neighboring, times] of [
    ['replaceSpecial', 1],
    ['replaceOne', 2],
  ] as const) {
    const {lower, upper} = new PldAccountant({neighboring}).compose(event).epsilon(1e-5);
    const exact = gaussianEpsilon({noiseMultiplier: noiseMultiplier / times, delta: 1e-5});
    expect(lower).toBeLessThanOrEqual(exact);
    expect(upper).toBeGreaterThanOrEqual(exact);
    expect(upper - lower).toBeLessThan(1e-9 * exact);
  }
  expect(() => new PldAccountant().compose(event)).toThrow(
    "singleEpochTreeAggregation is supported by RdpAccountant under 'replaceSpecial' or 'replaceOne'",
  );
});

test.each([
  [{noiseMultiplier: 0, steps: 1}, 'noiseMultiplier must be > 0, got 0'],
  [{noiseMultiplier: 1, steps: []}, 'steps must hold at least one number of steps, got none'],
  [{noiseMultiplier: 1, steps: [3, 0]}, 'steps must be an integer >= 1, got 0'],
  [{noiseMultiplier: 1, steps: 3, maxParticipations: 0}, 'maxParticipations must be an integer >= 1, got 0'],
  [{noiseMultiplier: 1, steps: 3, minSeparation: -1}, 'minSeparation must be an integer >= 0, got -1'],
])('%j is refused', (options, message) => {
  expect(() => treeAggregation(options)).toThrow(message);
});
