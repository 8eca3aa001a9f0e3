import type {RandomSource} from '@dp/random';

import type {Ledger, NewRow} from './account/ledger.js';
import type {Mechanism, ReleasingOptimizer} from './account/ledger_row.js';
import {originOf, type RandomOrigin} from './account/randomness.js';
import type {Sampling} from './account/sampling.js';
import {splitNoise} from './clip/adaptive.js';
import type {AdaptiveClipping} from './clip/mode.js';
import {clippingText, sumSensitivity, type ClippingPlan} from './clip/plan.js';
import {COUNT_GRID, COUNT_SENSITIVITY} from './noise/count.js';

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

/** What a sum is of, as far as its rows depend on it: known before there is one. Public constants. */
export interface SummedBy {
  readonly plan: ClippingPlan;
  readonly numParameters: number;
}

/**
 * The rows of a release, in the order in which they are written: the gradients' last. They hold public constants, so that they are
 * known before anything is computed from the batch.
 *
 * @throws DpError INVALID_OPTION if adaptive clipping's count has too little noise.
 */
export function releaseRows(sum: SummedBy, options: ReleaseOptions): NewRow[] {
  const {clipping} = sum.plan;
  const mechanism = {kind: 'gaussian'} as const;
  if (clipping === 'flat' || clipping.kind !== 'adaptive') return [gradientRow(sum, options, mechanism)];
  const {gradients: noiseMultiplier} = splitNoise(options.noiseMultiplier, clipping);
  return [countRow(sum, options, clipping), gradientRow(sum, {...options, noiseMultiplier}, mechanism)];
}

/** The row of a sum of clipped gradients. */
export function gradientRow(sum: SummedBy, options: ReleaseOptions, mechanism: Mechanism): NewRow {
  return {
    what: 'gradientSum',
    ...rowOf(sum, options),
    mechanism,
    sensitivity: sumSensitivity(sum.plan, 'replaceSpecial'),
    noiseMultiplier: options.noiseMultiplier / recordsPerGroup(sum.plan.microbatchSize),
    grid: sum.plan.grid,
    numParameters: sum.numParameters,
  };
}

function countRow(sum: SummedBy, options: ReleaseOptions, {countNoise}: AdaptiveClipping): NewRow {
  const sensitivity = COUNT_SENSITIVITY * recordsPerGroup(sum.plan.microbatchSize);
  return {
    what: 'belowClipCount',
    ...rowOf(sum, options),
    mechanism: {kind: 'gaussian'},
    sensitivity,
    noiseMultiplier: countNoise / sensitivity,
    grid: COUNT_GRID,
    numParameters: 1,
  };
}

/** In a microbatch of several examples, one can move the clipped mean from any point of the ball to any other. */
export function recordsPerGroup(microbatchSize: number): 1 | 2 {
  return microbatchSize > 1 ? 2 : 1;
}

/** What all rows of one release share. */
function rowOf(
  {plan}: SummedBy,
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
