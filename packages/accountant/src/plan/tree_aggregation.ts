import {requireInteger, requirePositive} from '../checks.js';
import {singleEpochTreeAggregation, type SingleEpochTreeAggregationEvent} from '../leaf_event.js';
import {treeSensitivitySquared} from './tree_sensitivity.js';

/** Prefix sums released by binary trees, as DP-FTRL does. Everything here is public. */
export interface TreeAggregationOptions {
  /** Standard deviation of each node's noise, over the clipping norm; > 0. */
  readonly noiseMultiplier: number;
  /** Leaves of the tree, one a step; or of each tree, where a new tree is started. Integers >= 1. */
  readonly steps: number | readonly number[];
  /** In how many steps of one tree a record takes part at most, an integer >= 1. Default: 1. */
  readonly maxParticipations?: number;
  /** How many steps of a tree lie at least between two of a record's, an integer >= 0. Default: 0, the safe choice. */
  readonly minSeparation?: number;
}

/** What trees cost. */
export interface TreeAggregation {
  /** What one record moves all nodes by: the squared L2 norm, in clipping norms, in the worst case, over all trees. */
  readonly sensitivitySquared: number;
  /** The trees are rho-zCDP with this rho (Bun and Steinke 2016): sensitivitySquared / (2 noiseMultiplier^2). */
  readonly zCDP: number;
  /** The Renyi divergence in nats at an order > 1: rho times the order. */
  readonly rdp: (order: number) => number;
  /**
   * The one Gaussian that all trees are worth, as a tree of one leaf. Exact, so that `PldAccountant` gives the exact epsilon,
   * under `replaceSpecial` or `replaceOne`; accountants refuse it under `addOrRemoveOne`.
   */
  readonly event: SingleEpochTreeAggregationEvent;
}

/**
 * The privacy of tree aggregation (Kairouz et al. 2021, "Practical and Private (Deep) Learning Without Sampling or
 * Shuffling"): one tree or several, each record in one or several steps of each.
 *
 * Guarantee: all node sums with their noise are one Gaussian of many dimensions, whose sensitivity is the worst case over
 * all ways to take part that the options allow; it holds for adaptively chosen gradients too (Denisov et al. 2022). Under
 * `replaceSpecial` as given here; under `replaceOne` a record moves every node by twice as much, which accountants know.
 * The order of the records, participations and separation must be enforced by the training loop: they are a promise here.
 * With `minSeparation` n and t participations the search takes time of the order of n t^2 log(steps).
 *
 * @throws RangeError for an option out of its bounds.
 *
 * @example
 * const {event} = treeAggregation({noiseMultiplier: 8, steps: 250, maxParticipations: 8, minSeparation: 30});
 * new PldAccountant({neighboring: 'replaceSpecial'}).compose(event).epsilon(1e-5).upper; // 5.545...
 */
export function treeAggregation(options: TreeAggregationOptions): TreeAggregation {
  const {noiseMultiplier, steps, maxParticipations = 1, minSeparation = 0} = options;
  requirePositive('noiseMultiplier', noiseMultiplier);
  requireInteger('maxParticipations', maxParticipations, 1);
  requireInteger('minSeparation', minSeparation, 0);
  const trees = typeof steps === 'number' ? [steps] : steps;
  if (trees.length === 0) throw new RangeError('steps must hold at least one number of steps, got none');
  const squares = new Map<number, number>();
  let sensitivitySquared = 0;
  for (const leaves of trees) {
    requireInteger('steps', leaves, 1);
    const known = squares.get(leaves) ?? treeSensitivitySquared(leaves, maxParticipations, minSeparation + 1);
    squares.set(leaves, known);
    sensitivitySquared += known;
  }
  const rho = sensitivitySquared / (2 * noiseMultiplier * noiseMultiplier);
  return {
    sensitivitySquared,
    zCDP: rho,
    rdp: (order) => rho * order,
    event: singleEpochTreeAggregation({
      noiseMultiplier: noiseMultiplier / Math.sqrt(sensitivitySquared),
      stepCounts: [1],
    }),
  };
}
