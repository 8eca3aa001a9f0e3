import * as tf from '@tensorflow/tfjs-core';

import {optionsObject} from '../checks.js';
import {mayBeEmpty, type DrawnBatch} from '../account/sampling.js';
import {uniqueName} from '../account/unique_name.js';
import {DpError} from '../errors.js';
import type {PrivateOptimizer} from '../optimizers/private_optimizer.js';
import {provedLoss, type ProvedLoss} from '../per_example_loss.js';
import type {DeclaredSources} from '../tape/sources.js';

/** Options of `gradientTape`. */
export interface GradientTapeOptions extends DeclaredSources {
  /** The batch that the loss is of, from a sampler. Default: of unknown sampling. */
  readonly drawn?: DrawnBatch;
}

/** A recorded loss, of which private gradients can be taken. Dispose it after each step. */
export interface GradientTape {
  /** Each example's own loss, the mean over its row: shape [B]. Sensitive: no epsilon covers it. */
  readonly losses: tf.Tensor1D;
  /**
   * Private gradients for `optimizer.applyGradients`, in the next step of that optimizer: clipped, summed, noised and
   * divided as its options say, with a row in its ledger. Every call is a release; all of one tape are of one batch, and so
   * one event (privacy rule 6), also where two optimizers share a ledger.
   *
   * @param varList - All or some of the tape's variables; the same at every step of the optimizer. Default: all.
   * @returns By variable name. The caller disposes them.
   * @throws DpError INVALID_OPTION after a variable was assigned: take the gradients of all optimizers first, then apply
   *   them. BATCH_TOO_LARGE and the like as of `minimize`. Nothing was released then.
   */
  gradients(optimizer: PrivateOptimizer, varList?: readonly tf.Variable[]): tf.NamedTensorMap;
  dispose(): void;
}

/**
 * Records a loss once, for a hand-written loop: one forward pass and the proof that examples are separate, then private
 * gradients for one optimizer, or for several that train parts of a model.
 *
 * @param lossFn - Returns the vector of per-example losses [B], or their scalar mean. Sensitive. Not called for an empty batch,
 *   whose gradients are noise alone.
 * @param variables - What may be differentiated by. Those that are not trainable are left out.
 * @throws DpError if the examples cannot be proved separate, or an operation has no rule.
 * @example
 * ```ts
 * const drawn = sampler.next();
 * const tape = gradientTape(() => losses(x, y), variables, {drawn, batch: [x, y]});
 * const gradients = tape.gradients(optimizer);
 * optimizer.applyGradients(gradients);
 * tf.dispose(gradients);
 * tape.dispose();
 * ```
 */
export function gradientTape(
  lossFn: () => tf.Tensor,
  variables: readonly tf.Variable[],
  options: GradientTapeOptions = {},
): GradientTape {
  optionsObject('options', options);
  const {drawn = unknownBatch(), ...sources} = options;
  const trainable = variables.filter((variable) => variable.trainable);
  const isEmpty = mayBeEmpty(drawn.sampling) && drawn.indices.length === 0;
  const loss = isEmpty ? undefined : provedLoss({lossFn, variables: trainable, sources});
  const values = new Map(trainable.map((variable) => [variable, variable.dataId]));
  const losses = ownLosses(loss);
  return {
    losses,
    gradients(optimizer, varList = trainable) {
      checkFits(varList, values);
      const pieces = loss === undefined ? [] : [optimizer.sumRecorded(loss, varList)];
      const {value, grads} = optimizer.computeDrawn(drawn, pieces, {varList});
      value.dispose();
      return grads;
    },
    dispose() {
      losses.dispose();
      loss?.dispose();
    },
  };
}

/** A batch of its own: releases of one tape are of one batch, whatever it is. */
function unknownBatch(): DrawnBatch {
  return {id: uniqueName('tape'), indices: new Int32Array(), sampling: {kind: 'unknown'}};
}

function ownLosses(recorded: ProvedLoss | undefined): tf.Tensor1D {
  if (recorded === undefined) return tf.tensor1d([]);
  const {loss, batchSize} = recorded;
  return tf.tidy(() => tf.mean<tf.Tensor1D>(tf.reshape(loss.values, [batchSize, -1]), 1));
}

function checkFits(varList: readonly tf.Variable[], values: ReadonlyMap<tf.Variable, object>): void {
  for (const variable of varList) {
    if (!values.has(variable)) {
      throw new DpError('INVALID_OPTION', `variable '${variable.name}' is not among those of the tape`);
    }
  }
  for (const [variable, dataId] of values) {
    if (variable.dataId === dataId) continue;
    throw new DpError(
      'INVALID_OPTION',
      `variable '${variable.name}' was assigned after the tape was recorded, so that it no longer tells the gradients. ` +
        'Take the gradients of all optimizers from a tape first, then apply them; nothing was released',
    );
  }
}
