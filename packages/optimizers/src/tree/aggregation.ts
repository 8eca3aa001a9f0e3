import type * as tf from '@tensorflow/tfjs-core';

import type {Ledger} from '../account/ledger.js';
import type {LedgerRow, Mechanism} from '../account/ledger_row.js';
import type {Sampling} from '../account/sampling.js';
import {noiseDeviations, type ClippingPlan} from '../clip/plan.js';
import {DpError} from '../errors.js';
import {positiveInteger} from '../checks.js';
import {byVariable} from '../release.js';
import {gradientRow, type ReleaseOptions} from '../release_rows.js';
import type {ClippedSum} from '../sum/clipped_sum.js';
import {nextPlace, type TreePlace} from './place.js';
import {PrefixSums} from './prefix_sums.js';
import {checkSamplingFitsTree} from './sampling_fits_tree.js';

/** Sums are exact below this, in grid units; noise is never larger than this many standard deviations. */
const EXACT = 2 ** 53;
const LARGEST_NOISE = 20;

/** See `TreeAggregation.forecast`. */
export type TreeForecast = (
  sampling: Sampling,
  l2NormClip: number,
  most: number,
) => {readonly mechanism: Mechanism; readonly count: number};

/**
 * Prefix sums of one optimizer's gradients with the noise of binary trees, one tree after the other (Kairouz et al. 2021,
 * "Practical and Private (Deep) Learning Without Sampling or Shuffling"). A tree's state is never saved: a resumed run begins a
 * new tree, which the ledger counts.
 */
export class TreeAggregation {
  /** Number of steps after which a new tree begins by itself. */
  readonly maxLeaves: number;
  private current: {readonly sums: PrefixSums; readonly place: TreePlace} | undefined;

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

  /**
   * Where coming releases will be, if no tree is ended before: called for the first of at most `most` that are alike, it tells
   * how many of them one tree takes, and goes on after these.
   */
  forecast(ledger: Ledger, optimizerId: string): TreeForecast {
    const {maxLeaves} = this;
    let last = this.current?.place;
    return (sampling, l2NormClip, most) => {
      const place = this.placeAfter(last, {sampling, l2NormClip}, ledger, optimizerId);
      const count = Math.min(most, maxLeaves - place.leaf);
      last = {...place, leaf: place.leaf + count - 1};
      return {mechanism: this.mechanismAt(place), count};
    };
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
    if (plan.clipping !== 'flat' && plan.clipping.kind === 'adaptive') {
      throw new DpError(
        'UNSUPPORTED',
        'tree aggregation needs one clip norm for all of a tree, and adaptive clipping changes it at every step',
      );
    }
    const inUnits = noiseDeviations(plan, noiseMultiplier).map((deviation) => deviation / plan.grid);
    this.checkExact(plan, divisor, Math.max(...inUnits));
    const {current} = this;
    const how = {sampling, l2NormClip: plan.l2NormClip};
    const place = this.placeAfter(current?.place, how, ledger, optimizer.id);
    const sums = current === undefined || place.leaf === 0 ? new PrefixSums(total) : current.sums;
    sums.checkFits(total);
    // After an error below, the next release begins a new tree.
    this.current = undefined;
    const row = ledger.append(gradientRow(total, options, this.mechanismAt(place)));
    const means = sums.add(total, {deviations: byVariable(plan, inUnits), divisor, source});
    if (place.leaf + 1 < this.maxLeaves) this.current = {sums, place};
    return {means, row};
  }

  private placeAfter(
    last: TreePlace | undefined,
    {sampling, l2NormClip}: {readonly sampling: Sampling; readonly l2NormClip: number},
    ledger: Ledger,
    optimizerId: string,
  ): TreePlace {
    checkSamplingFitsTree(sampling);
    const {maxLeaves} = this;
    const next = nextPlace(last, {sampling, l2NormClip, maxLeaves});
    return (
      next ?? {
        tree: last === undefined ? nextTree(ledger, optimizerId) : last.tree + 1,
        leaf: 0,
        l2NormClip,
        sampling,
      }
    );
  }

  private mechanismAt({tree, leaf}: TreePlace): Mechanism {
    return {kind: 'tree', tree, leaf, maxLeaves: this.maxLeaves};
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
