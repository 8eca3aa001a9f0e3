import type * as tf from '@tensorflow/tfjs-core';

import type {Ledger} from '../account/ledger.js';
import type {LedgerRow, Mechanism} from '../account/ledger_row.js';
import {noiseDeviations, type ClippingPlan} from '../clip/plan.js';
import {DpError} from '../errors.js';
import {positiveInteger} from '../checks.js';
import {byVariable, gradientRow, type ReleaseOptions} from '../release.js';
import type {ClippedSum} from '../sum/clipped_sum.js';
import {PrefixSums} from './prefix_sums.js';
import {checkSamplingFitsTree} from './sampling_fits_tree.js';

/** Sums are exact below this, in grid units; noise is never larger than this many standard deviations. */
const EXACT = 2 ** 53;
const LARGEST_NOISE = 20;

/**
 * Prefix sums of one optimizer's gradients with the noise of binary trees, one tree after the other (Kairouz et al. 2021,
 * "Practical and Private (Deep) Learning Without Sampling or Shuffling"). A tree's state is never saved: a resumed run begins a
 * new tree, which the ledger counts.
 */
export class TreeAggregation {
  /** Number of steps after which a new tree begins by itself. */
  readonly maxLeaves: number;
  private current: PrefixSums | undefined;

  /**
   * @param options - `maxLeaves`, a public constant: the variance of a prefix sum is at most
   *   (floor(log2 maxLeaves) + 3) / 2 times that of a node's noise.
   * @throws DpError INVALID_OPTION.
   */
  constructor({maxLeaves}: {readonly maxLeaves: number}) {
    positiveInteger('maxLeaves', maxLeaves);
    this.maxLeaves = maxLeaves;
  }

  /** Ends the tree: the next release begins a new one. Between epochs, so that each record has one leaf a tree. */
  restart(): void {
    this.current = undefined;
  }

  /** Where the release that comes after `ahead` others will be, if no tree is ended before. */
  foresee(ahead: number, ledger: Ledger, optimizerId: string): Mechanism {
    const {maxLeaves} = this;
    const leaf = (this.current?.leaves ?? 0) + ahead;
    const tree = (this.current?.index ?? nextTree(ledger, optimizerId)) + Math.floor(leaf / maxLeaves);
    return {kind: 'tree', tree, leaf: leaf % maxLeaves, maxLeaves};
  }

  /**
   * Adds a batch's clipped sum to the prefix sums and releases them: a ledger row, then noise on every coordinate.
   *
   * What comes back is the difference to the prefix sums released before, over the divisor. Taken as gradients by SGD, with
   * momentum or without, they make the steps of DP-FTRL on the prefix sums, since both are linear.
   *
   * @param total - Sensitive. A sum of at most `divisor` clipped gradients.
   * @returns `means`, private, one tensor a variable; and the row, in whose mechanism `leaf` is 0 where a tree begins.
   * @throws DpError UNSUPPORTED for a sampling or clipping that trees have no account for; INVALID_OPTION for a clip norm
   *   that changes within a tree, or trees too large to be summed exactly. Nothing is released then.
   */
  release(
    total: ClippedSum,
    options: ReleaseOptions,
  ): {readonly means: tf.Tensor[]; readonly row: LedgerRow} {
    const {plan} = total;
    const {noiseMultiplier, divisor, source, ledger, optimizer, sampling} = options;
    checkSamplingFitsTree(sampling);
    if (plan.clipping !== 'flat' && plan.clipping.kind === 'adaptive') {
      throw new DpError(
        'UNSUPPORTED',
        'tree aggregation needs one clip norm for all of a tree, and adaptive clipping changes it at every step',
      );
    }
    const inUnits = noiseDeviations(plan, noiseMultiplier).map((deviation) => deviation / plan.grid);
    this.checkExact(plan, divisor, Math.max(...inUnits));
    const tree = this.current ?? new PrefixSums(nextTree(ledger, optimizer.id), total);
    tree.checkFits(total);
    // After an error below, the next release begins a new tree.
    this.current = undefined;
    const {maxLeaves} = this;
    const row = ledger.append(
      gradientRow(total, options, {kind: 'tree', tree: tree.index, leaf: tree.leaves, maxLeaves}),
    );
    const means = tree.add(total, {deviations: byVariable(plan, inUnits), divisor, source});
    if (tree.leaves < maxLeaves) this.current = tree;
    return {means, row};
  }

  /** Of public constants alone, so that a refusal says nothing of the data. */
  private checkExact({l2NormClip, grid}: ClippingPlan, divisor: number, deviation: number): void {
    const levels = Math.floor(Math.log2(this.maxLeaves)) + 1;
    const largest = this.maxLeaves * divisor * (l2NormClip / grid + 1) + levels * LARGEST_NOISE * deviation;
    if (largest < EXACT) return;
    throw new DpError(
      'INVALID_OPTION',
      `a tree of maxLeaves = ${this.maxLeaves} steps with sums of up to ${divisor} gradients each is too large to be summed exactly; begin new trees more often`,
    );
  }
}

/** Trees of an optimizer are numbered on, also after a resume. */
function nextTree({rows}: Ledger, optimizerId: string): number {
  return rows.reduce(
    (next, {optimizer, mechanism}) =>
      optimizer.id === optimizerId && mechanism.kind === 'tree' ? Math.max(next, mechanism.tree + 1) : next,
    0,
  );
}
