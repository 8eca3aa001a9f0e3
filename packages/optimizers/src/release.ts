import * as tf from '@tensorflow/tfjs-core';
import type {RandomSource} from '@dp/random';

import type {Ledger, NewRow} from './account/ledger.js';
import type {LedgerRow, Mechanism, ReleasingOptimizer} from './account/ledger_row.js';
import {originOf, type RandomOrigin} from './account/randomness.js';
import {checkSamplingFits, type Sampling} from './account/sampling.js';
import {nextClipNorm, splitNoise} from './clip/adaptive.js';
import type {AdaptiveClipping} from './clip/mode.js';
import {clippingText, noiseDeviations, type ClippingPlan} from './clip/plan.js';
import {COUNT_GRID, COUNT_SENSITIVITY, noisyCount} from './noise/count.js';
import {noisyMean} from './noise/gaussian.js';
import type {ClippedSum} from './sum/clipped_sum.js';

/** What turns a clipped sum into something that may be seen. All public constants. */
export interface ReleaseOptions {
  /** Noise standard deviation over the bound of one clipped gradient: of everything released here together. */
  readonly noiseMultiplier: number;
  /** What the noisy sum is divided by. */
  readonly divisor: number;
  readonly source: RandomSource;
  readonly ledger: Ledger;
  readonly batchId: string;
  readonly sampling: Sampling;
  /** What drew the batch, if it is known. */
  readonly samplerRandom?: RandomOrigin | undefined;
  readonly optimizer: ReleasingOptimizer;
  /** Number of the optimizer's step, from 0. */
  readonly step: number;
}

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
  if (clipping === 'flat' || clipping.kind !== 'adaptive')
    return {...releaseSum(total, options), nextL2NormClip: l2NormClip};
  const {gradients} = splitNoise(options.noiseMultiplier, clipping);
  const countRow = appendCountRow(total, options, clipping);
  const released = releaseSum(total, {...options, noiseMultiplier: gradients});
  const standardDeviation = countRow.noiseMultiplier * countRow.sensitivity;
  const count = noisyCount(belowClip, standardDeviation, options.source);
  return {...released, nextL2NormClip: nextClipNorm(l2NormClip, count, options.divisor, clipping)};
}

function releaseSum(total: ClippedSum, options: ReleaseOptions): {means: tf.Tensor[]; row: LedgerRow} {
  const {noiseMultiplier, divisor, source, ledger} = options;
  const {plan} = total;
  const row = ledger.append(gradientRow(total, options, {kind: 'gaussian'}));
  const standardDeviations = byVariable(plan, noiseDeviations(plan, noiseMultiplier));
  const means = noisyMean(total.units, {standardDeviations, grid: plan.grid, divisor}, source);
  return {means: total.variables.map(({shape}, v) => tf.tensor(means[v] ?? [], shape, 'float32')), row};
}

/** From one value a part of the plan to one a variable. */
export function byVariable({parts}: ClippingPlan, values: readonly number[]): number[] {
  const ofVariables: number[] = [];
  parts.forEach(({variables}, p) => {
    for (const v of variables) ofVariables[v] = values[p] ?? NaN;
  });
  return ofVariables;
}

/** The row of a sum of clipped gradients. */
export function gradientRow(total: ClippedSum, options: ReleaseOptions, mechanism: Mechanism): NewRow {
  return {
    what: 'gradientSum',
    ...rowOf(total, options),
    mechanism,
    sensitivity: total.sensitivity('replaceSpecial'),
    noiseMultiplier: options.noiseMultiplier / recordsPerGroup(total),
    grid: total.plan.grid,
    numParameters: total.numParameters,
  };
}

function appendCountRow(
  total: ClippedSum,
  options: ReleaseOptions,
  {countNoise}: AdaptiveClipping,
): LedgerRow {
  const sensitivity = COUNT_SENSITIVITY * recordsPerGroup(total);
  return options.ledger.append({
    what: 'belowClipCount',
    ...rowOf(total, options),
    mechanism: {kind: 'gaussian'},
    sensitivity,
    noiseMultiplier: countNoise / sensitivity,
    grid: COUNT_GRID,
    numParameters: 1,
  });
}

/** In a microbatch of several examples, one can move the clipped mean from any point of the ball to any other. */
function recordsPerGroup(total: ClippedSum): 1 | 2 {
  return total.plan.microbatchSize > 1 ? 2 : 1;
}

/** What all rows of one release share. */
function rowOf(
  {plan}: ClippedSum,
  {noiseMultiplier, divisor, source, optimizer, step, batchId, sampling, samplerRandom}: ReleaseOptions,
): Omit<NewRow, 'what' | 'mechanism' | 'sensitivity' | 'noiseMultiplier' | 'grid' | 'numParameters'> {
  return {
    optimizer,
    step,
    batchId,
    sampling,
    l2NormClip: plan.l2NormClip,
    clipping: clippingText(plan, noiseMultiplier),
    microbatchSize: plan.microbatchSize,
    divisor,
    random: originOf(source),
    ...(samplerRandom && {samplerRandom}),
  };
}
