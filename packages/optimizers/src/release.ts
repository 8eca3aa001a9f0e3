import * as tf from '@tensorflow/tfjs-core';

import type {LedgerRow} from './account/ledger_row.js';
import {checkSamplingFits} from './account/sampling.js';
import {nextClipNorm, splitNoise} from './clip/adaptive.js';
import {noiseDeviations, type ClippingPlan} from './clip/plan.js';
import {noisyCount} from './noise/count.js';
import {noisyMean} from './noise/gaussian.js';
import {releaseRows, type ReleaseOptions} from './release_rows.js';
import type {ClippedSum} from './sum/clipped_sum.js';

/** What has left the private region. */
export interface Released {
  /** Private, one tensor a variable. */
  readonly means: tf.Tensor[];
  /** The row of the gradients. */
  readonly row: LedgerRow;
  /** The clip norm for the next step: private where it is adaptive, and otherwise the same. */
  readonly nextL2NormClip: number;
}

/**
 * The one place where a gradient leaves the private region: ledger rows, then noise on every coordinate, then the division
 * by a public constant. With adaptive clipping the count leaves here too, and both together have the noise multiplier.
 *
 * @param total - Sensitive.
 * @param belowClip - Adaptive clipping's centred count over the same batch; sensitive.
 * @throws DpError UNSUPPORTED for microbatches of several examples on a Poisson batch; INVALID_OPTION if the count's noise is
 *   too small. Nothing is released then.
 */
export function release(total: ClippedSum, options: ReleaseOptions, belowClip = 0): Released {
  const {l2NormClip, microbatchSize, clipping} = total.plan;
  checkSamplingFits(options.sampling, microbatchSize);
  // Durable, all of them, before anything is drawn.
  const rows = releaseRows(total, options).map((row) => options.ledger.append(row));
  const row = rows.at(-1) as LedgerRow;
  if (clipping === 'flat' || clipping.kind !== 'adaptive')
    return {means: meansOf(total, options), row, nextL2NormClip: l2NormClip};
  const {gradients} = splitNoise(options.noiseMultiplier, clipping);
  const means = meansOf(total, {...options, noiseMultiplier: gradients});
  const count = noisyCount(belowClip, clipping.countNoise, options.source);
  return {means, row, nextL2NormClip: nextClipNorm(l2NormClip, count, options.divisor, clipping)};
}

function meansOf(total: ClippedSum, {noiseMultiplier, divisor, source}: ReleaseOptions): tf.Tensor[] {
  const {plan} = total;
  const standardDeviations = byVariable(plan, noiseDeviations(plan, noiseMultiplier));
  const means = noisyMean(total.units, {standardDeviations, grid: plan.grid, divisor}, source);
  return total.variables.map(({shape}, v) => tf.tensor(means[v] ?? [], shape, 'float32'));
}

/** From one value a part of the plan to one a variable. */
export function byVariable({parts}: ClippingPlan, values: readonly number[]): number[] {
  const ofVariables: number[] = [];
  parts.forEach(({variables}, p) => {
    for (const v of variables) ofVariables[v] = values[p] ?? NaN;
  });
  return ofVariables;
}
