import * as tf from '@tensorflow/tfjs-core';

import type {LedgerRow, ReleasingOptimizer} from './account/ledger_row.js';
import type {RandomOrigin} from './account/randomness.js';
import {mayBeEmpty, type Sampling} from './account/sampling.js';
import {clippingPlan} from './clip/plan.js';
import {DpError} from './errors.js';
import {separatePenalty, type SeparatePenalty} from './gradients/penalty.js';
import type {CheckedPrivacyOptions} from './optimizers/options.js';
import {release} from './release.js';
import type {ReleaseOptions} from './release_rows.js';
import {ClippedSum} from './sum/clipped_sum.js';
import {MAX_EXAMPLES_PER_STEP} from './sum/grid.js';
import {sumPiece, type BatchPiece, type Penalties, type PieceSum} from './sum/piece_sum.js';
import type {TreeAggregation} from './tree/aggregation.js';

/** How a step's release is made: known before the gradient. */
export interface ReleaseRequest {
  readonly options: CheckedPrivacyOptions;
  readonly optimizer: ReleasingOptimizer;
  /** Number of the optimizer's step, from 0. */
  readonly step: number;
  readonly batchId: string;
  readonly sampling: Sampling;
  /** What drew the batch, if it is known. */
  readonly samplerRandom?: RandomOrigin | undefined;
}

/** What one private gradient is computed from. */
export interface StepRequest extends ReleaseRequest {
  /** The batch, in one piece or several; none is an empty batch. Read one by one, so that each may be made when it is needed. */
  readonly pieces: Iterable<BatchPiece | PieceSum>;
  readonly variables: readonly tf.Variable[];
  /**
   * A scalar that depends on variables alone (weight regularizers). Its gradient is added after the noise, whatever the batch,
   * an empty one too. Default: penalties that are added to the mean of the losses.
   */
  readonly penalty?: (() => tf.Tensor) | undefined;
  /** Whether every variable has to be reached by the loss: where they were not named, another model's may be among them. */
  readonly mustReachAll: boolean;
  /** How many records were drawn, where a sampler says so. Sensitive. */
  readonly drawnExamples?: number | undefined;
  /** Releases noisy prefix sums instead of noisy sums. The gradients are then the differences of these (DP-FTRL). */
  readonly tree?: TreeAggregation;
}

export interface StepResult {
  /** Private: clipped, summed, noised and divided by the public constant, one tensor a variable. */
  readonly gradients: tf.Tensor[];
  /** The mean loss of the batch, NaN for an empty one. Sensitive: no epsilon covers it. */
  readonly loss: tf.Scalar;
  /** The row of the gradients. */
  readonly row: LedgerRow;
  /** The `l2NormClip` for the next step: private where clipping is adaptive, and otherwise the same. */
  readonly nextL2NormClip: number;
}

/** One private gradient, from the batch to the noisy mean. Synchronous. */
export function privateGradient(request: StepRequest): StepResult {
  const {options, variables, mustReachAll} = request;
  const plan = clippingPlan(options, variables);
  let summed: ClippedSum | undefined;
  let [batchSize, lossSum, belowClip] = [0, 0, 0];
  let penalties: Penalties | undefined;
  let separate: SeparatePenalty | undefined;
  try {
    separate = request.penalty && separatePenalty(request.penalty, variables);
    // Forward, proof, backward; clip each example; sum exactly, over all pieces.
    for (const piece of request.pieces) {
      const checkBatchSize = (more: number): void => checkSizes(batchSize, more, request);
      if ('units' in piece) checkBatchSize(piece.batchSize);
      // Regularizers depend on no example: once a step, added after the noise.
      const withPenalties = penalties === undefined;
      const sum =
        'units' in piece
          ? piece
          : sumPiece(piece, {variables, plan, mustReachAll, withPenalties, checkBatchSize});
      if (withPenalties) penalties = sum.penalties;
      else tf.dispose(sum.penalties as tf.Tensor[]);
      checkPenalties(penalties, request);
      if (summed !== undefined) summed.add(sum);
      else
        summed =
          'units' in piece
            ? ClippedSum.ofPiece(piece, variables, plan)
            : new ClippedSum(variables, sum.units, plan);
      batchSize += sum.batchSize;
      lossSum += sum.lossSum;
      belowClip += sum.belowClip;
    }
    checkAsDrawn(batchSize, request);
    const total = summed ?? ClippedSum.empty(variables, plan);
    // Ledger, noise, division by the public constant: also for an empty batch (privacy rule 9).
    const how = releaseOptions(request);
    const {means, ...released} = request.tree?.release(total, how) ?? release(total, how, belowClip);
    return {
      gradients: means.map((gradient, v) => withPenalty(gradient, (separate?.gradients ?? penalties)?.[v])),
      loss: tf.scalar(lossSum / batchSize + (separate?.value ?? 0)),
      nextL2NormClip: options.l2NormClip,
      ...released,
    };
  } finally {
    tf.dispose([...(penalties ?? []), ...(separate?.gradients ?? [])] as tf.Tensor[]);
  }
}

/** What the release of a step is told. */
export function releaseOptions({options, ...how}: ReleaseRequest): ReleaseOptions {
  const {noiseMultiplier, numMicrobatches: divisor, randomSource: source, ledger} = options;
  return {...how, noiseMultiplier, divisor, source, ledger};
}

function withPenalty(gradient: tf.Tensor, penalty: tf.Tensor | undefined): tf.Tensor {
  if (penalty === undefined) return gradient;
  const sum = tf.add(gradient, penalty);
  gradient.dispose();
  return sum;
}

/** Refuses penalties that an empty batch would not have: the update would tell that nobody was drawn. */
function checkPenalties(penalties: Penalties | undefined, {penalty, sampling}: StepRequest): void {
  if (penalties?.some((gradient) => gradient !== undefined) !== true) return;
  if (penalty === undefined && !mayBeEmpty(sampling)) return;
  throw new DpError(
    'LOSS_FORM',
    `a penalty is added to the mean of the losses, ${penalty === undefined ? 'which an empty batch does not have' : 'and another is given apart'}. ` +
      'Return the losses alone, and give all penalties as `penalty`; nothing was released',
  );
}

/**
 * Refuses a batch of other than one row for each record that was drawn: a record of several rows, each clipped by itself, would
 * count several times. How many came is private.
 */
function checkAsDrawn(batchSize: number, {drawnExamples = batchSize}: StepRequest): void {
  if (batchSize === drawnExamples) return;
  throw new DpError(
    'NOT_AS_DRAWN',
    `the batch holds ${batchSize > drawnExamples ? 'more' : 'fewer'} examples than the sampler drew, and clipping bounds each by itself: ` +
      'a record must be one example. Average what belongs to one record in its loss; nothing was released',
  );
}

/** Refuses a batch, or the next piece of one, before anything is computed from it. */
function checkSizes(before: number, more: number, {options, tree}: StepRequest): void {
  const {expectedBatchSize, mayExceed, numMicrobatches, microbatchSize} = options;
  const batchSize = before + more;
  if (batchSize > expectedBatchSize && !mayExceed) {
    throw new DpError(
      'BATCH_TOO_LARGE',
      `a batch of ${batchSize} examples came, but numMicrobatches is ${numMicrobatches} and neither expectedBatchSize nor microbatchSize was given. ` +
        `Set expectedBatchSize to the (expected) batch size; nothing was released`,
    );
  }
  if (batchSize > expectedBatchSize && tree !== undefined) {
    throw new DpError(
      'BATCH_TOO_LARGE',
      `with tree aggregation a batch must hold at most expectedBatchSize (${expectedBatchSize}) examples, got ${batchSize}; nothing was released`,
    );
  }
  if (batchSize > MAX_EXAMPLES_PER_STEP) {
    throw new DpError(
      'BATCH_TOO_LARGE',
      `a batch must hold at most ${MAX_EXAMPLES_PER_STEP} examples, got ${batchSize}`,
    );
  }
  if (before % microbatchSize !== 0) {
    throw new DpError(
      'INVALID_OPTION',
      `every piece of a batch but the last must hold a multiple of microbatchSize (${microbatchSize}) examples, got ${before} before the last`,
    );
  }
}
