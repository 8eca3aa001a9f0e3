import * as tf from '@tensorflow/tfjs-core';

import {backpropagate, dependents} from '../tape/backward.js';
import type {LossParts} from '../tape/loss.js';
import type {Recording} from '../tape/record.js';

/**
 * The gradients of penalties that depend on parameters alone (weight regularizers), by tf.js's own gradient functions.
 * No example is among their ancestors, so they need neither clipping nor noise (privacy rule 13). Call it in a tidy.
 *
 * @returns One entry a variable; undefined where no penalty reaches it.
 */
export function penaltyGradients(
  recording: Recording,
  loss: LossParts,
  variables: readonly tf.Variable[],
): (tf.Tensor | undefined)[] {
  if (loss.penalties.length === 0) return variables.map(() => undefined);
  const seeds = new Map(loss.penalties.map((penalty) => [penalty.id, tf.ones(penalty.shape)]));
  const gradients = backpropagate(recording.nodes, seeds, dependents(recording.nodes, variables));
  return variables.map((variable) => gradients.get(variable.id));
}
