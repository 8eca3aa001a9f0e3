import * as tf from '@tensorflow/tfjs-core';
import type {NeighbouringRelation} from '@dp/accountant';

import {clippingPlan} from '../clip/plan.js';
import {noise, positive, positiveInteger} from '../checks.js';
import {withPerExampleLoss} from '../per_example_loss.js';
import {clippedSum} from '../sum/clip_and_sum.js';
import {ClippedSum} from '../sum/clipped_sum.js';
import type {DeclaredSources} from '../tape/sources.js';

/** Options of `clippedGradients`. */
export interface ClippedGradientsOptions extends DeclaredSources {
  /** Bound of each example's gradient norm, over all variables together. Greater than 0. */
  readonly l2NormClip: number;
  /** Examples clipped together, as their mean. Default: 1. */
  readonly microbatchSize?: number;
  /**
   * Of the noise that `exact` will get: with any, gradients are rounded to a coarser grid, as in the optimizers, which is
   * several times as fast. Default: 0, the finer grid.
   */
  readonly noiseMultiplier?: number;
  /** A public constant to divide `sum` by; `sensitivity` is divided with it. Default: 1. Never the batch's size. */
  readonly normalizeBy?: number;
}

/** A clipped sum. Sensitive: nothing has been added to it yet. */
export interface ClippedGradients {
  /** By variable name: the sum of the clipped gradients, divided by `normalizeBy`. The caller disposes it. */
  readonly sum: tf.NamedTensorMap;
  /** The same sum exactly, as integers on a grid: what noise is added to. */
  readonly exact: ClippedSum;
  /** The norm of each example's (or microbatch's) gradient before clipping; NaN where it was left out as not finite. */
  readonly norms: Float64Array;
  /** Mean loss of the batch. */
  readonly loss: number;
  /** How far two neighbouring batches' `sum` can lie apart, in L2 norm. */
  sensitivity(relation: NeighbouringRelation): number;
}

/**
 * Clips each example's gradient and sums, exactly, in memory that does not grow with the batch: a private step up to its
 * noise. It releases nothing and writes no ledger row; what it returns is as sensitive as the batch.
 *
 * Guarantee: adding, removing or zeroing out one example changes `exact` by at most `sensitivity(relation)`.
 *
 * @param lossFn - Returns the vector of per-example losses [B], or their scalar mean. Sensitive.
 * @throws DpError INVALID_OPTION; and if the examples cannot be proved separate, or an operation has no rule.
 */
export function clippedGradients(
  lossFn: () => tf.Tensor,
  variables: readonly tf.Variable[],
  {l2NormClip, microbatchSize = 1, noiseMultiplier = 0, normalizeBy = 1, ...sources}: ClippedGradientsOptions,
): ClippedGradients {
  positive('l2NormClip', l2NormClip);
  positiveInteger('microbatchSize', microbatchSize);
  noise('noiseMultiplier', noiseMultiplier);
  positive('normalizeBy', normalizeBy);
  const plan = clippingPlan({l2NormClip, microbatchSize, noiseMultiplier}, variables);
  const found = withPerExampleLoss({lossFn, variables, sources}, (examples) => {
    const losses = examples.loss.values.dataSync<'float32'>();
    const {units, norms} = clippedSum(examples.contributions, losses, examples.batchSize, plan);
    const loss = losses.reduce((total, value) => total + value, 0) / losses.length;
    return {exact: new ClippedSum(variables, units, plan), norms, loss};
  });
  const {exact, norms, loss} = found ?? {
    exact: ClippedSum.empty(variables, plan),
    norms: new Float64Array(),
    loss: NaN,
  };
  return {
    sum: tf.tidy(() => {
      const tensors = exact.toTensors();
      return Object.fromEntries(variables.map(({name}, v) => [name, tf.div(tensors[v] ?? 0, normalizeBy)]));
    }),
    exact,
    norms,
    loss,
    sensitivity: (relation) => exact.sensitivity(relation) / normalizeBy,
  };
}
