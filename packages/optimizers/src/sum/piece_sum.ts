import * as tf from '@tensorflow/tfjs-core';

import {centredCount} from '../clip/adaptive.js';
import type {ClippingPlan} from '../clip/plan.js';
import {DpError} from '../errors.js';
import {penaltyGradients} from '../gradients/penalty.js';
import {withPerExampleLoss, type PerExampleLoss} from '../per_example_loss.js';
import type {SeparationProof} from '../tape/prove.js';
import type {DeclaredSources} from '../tape/sources.js';
import {clippedSum} from './clip_and_sum.js';

/** A part of a batch that is processed at once. */
export interface BatchPiece extends DeclaredSources {
  /** Returns the per-example losses [B], or their mean. Sensitive. */
  readonly lossFn: () => tf.Tensor;
}

/**
 * What one piece of a batch adds to a step, wherever it was summed: plain numbers, fit to be sent to another thread.
 * Sensitive: nothing has been added to it yet.
 */
export interface PieceSum {
  /** Clipped gradients, rounded to a grid and summed: integers, one array a variable. */
  readonly units: readonly Float64Array[];
  /** The norm that they were clipped to. */
  readonly l2NormClip: number;
  /** What a unit stands for. Where nothing was summed it may be missing. */
  readonly grid?: number | undefined;
  readonly batchSize: number;
  /** Sum of the examples' losses. */
  readonly lossSum: number;
  /** Adaptive clipping's centred count. */
  readonly belowClip: number;
  /** Gradients of weight regularizers, one entry a variable: only from the thread that makes the step, which disposes them. */
  readonly penalties?: Penalties;
}

/** One entry a variable, undefined where no penalty reaches it. They depend on no example. */
export type Penalties = readonly (tf.Tensor | undefined)[];

/** How a piece is summed. */
export interface PieceSumOptions {
  readonly variables: readonly tf.Variable[];
  readonly plan: ClippingPlan;
  /** Whether every variable has to be reached by the loss: where they were not named, another model's may be among them. */
  readonly mustReachAll: boolean;
  /** Whether to compute the gradients of regularizers: once a step is enough. */
  readonly withPenalties: boolean;
  /** Called with the number of examples before anything is computed from them; throws to refuse. */
  readonly checkBatchSize?: (batchSize: number) => void;
}

/**
 * Forward, proof, backward; clips each example's gradient and sums exactly: the part of a step that touches examples.
 *
 * @param piece - Sensitive.
 * @throws DpError if the examples cannot be proved separate; nothing was released then.
 */
export function sumPiece(
  {lossFn, ...sources}: BatchPiece,
  {checkBatchSize, ...options}: PieceSumOptions,
): PieceSum {
  const {variables, plan} = options;
  const request = {lossFn, variables, sources, ...(checkBatchSize && {checkBatchSize})};
  return (
    withPerExampleLoss(request, (examples) => sumExamples(examples, options)) ?? emptyPiece(variables, plan)
  );
}

/**
 * The same for a loss that was recorded and proved before.
 *
 * @param examples - With contributions to `variables`. Sensitive.
 */
export function sumExamples(
  {batchSize, contributions, loss, proof, recording}: PerExampleLoss,
  {variables, plan, mustReachAll, withPenalties}: Omit<PieceSumOptions, 'checkBatchSize'>,
): PieceSum {
  if (mustReachAll) checkReached(variables, proof);
  const {units, norms} = clippedSum(contributions, loss.values.dataSync(), batchSize, plan);
  return {
    units,
    l2NormClip: plan.l2NormClip,
    grid: plan.grid,
    batchSize,
    lossSum: meanOf(recording.value) * batchSize,
    belowClip: centredCount(norms, plan.l2NormClip),
    ...(withPenalties && {
      penalties: penaltyGradients(recording, loss, variables).map((penalty) => penalty && tf.keep(penalty)),
    }),
  };
}

function emptyPiece(variables: readonly tf.Variable[], {l2NormClip}: ClippingPlan): PieceSum {
  const units = variables.map(({size}) => new Float64Array(size));
  return {units, l2NormClip, batchSize: 0, lossSum: 0, belowClip: 0};
}

function meanOf(value: tf.Tensor): number {
  return tf.tidy(() => tf.mean(value).dataSync()[0] ?? NaN);
}

function checkReached(variables: readonly tf.Variable[], proof: SeparationProof): void {
  const unreached = variables
    .filter((variable) => !proof.labels.has(variable.id))
    .map(({name}) => `'${name}'`);
  if (unreached.length > 0) {
    throw new DpError(
      'UNREACHED_VARIABLE',
      `the loss does not use ${unreached.length} of ${variables.length} trainable variables (${unreached.slice(0, 3).join(', ')}), ` +
        'and every variable of a step gets noise. Name the variables to train in varList; nothing was released',
    );
  }
}
