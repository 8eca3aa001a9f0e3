import type * as tf from '@tensorflow/tfjs-core';

import {moderate, positiveInteger} from '../checks.js';
import {checkClipping} from '../clip/mode.js';
import {clippingPlan, type ClippingOptions} from '../clip/plan.js';
import {sumPiece, type BatchPiece, type PieceSum} from '../sum/piece_sum.js';

/**
 * Sums a piece of a batch in a thread that has no optimizer: the optimizer's `minimizePieces` takes the result. It releases
 * nothing, and its result is as sensitive as the examples.
 *
 * @param variables - The optimizer's, in its order, with this step's values.
 * @param options - The optimizer's `clippingOptions`.
 * @throws DpError if the examples cannot be proved separate, or an operation has no rule.
 */
export function pieceSum(
  piece: BatchPiece,
  variables: readonly tf.Variable[],
  options: ClippingOptions,
): PieceSum {
  moderate('l2NormClip', options.l2NormClip);
  positiveInteger('microbatchSize', options.microbatchSize);
  checkClipping(options.clipping === undefined ? 'flat' : options.clipping);
  const plan = clippingPlan(options, variables);
  return sumPiece(piece, {variables, plan, mustReachAll: false, withPenalties: false});
}
