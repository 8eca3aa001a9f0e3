import * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import {backpropagate, dependents} from '../tape/backward.js';
import {dependsOnExamples, type LossParts} from '../tape/loss.js';
import {record, type Recording} from '../tape/record.js';

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

/** A penalty that was given apart from the losses. */
export interface SeparatePenalty {
  readonly value: number;
  /** One entry a variable; undefined where the penalty does not reach it. */
  readonly gradients: readonly (tf.Tensor | undefined)[];
}

/**
 * The same for a penalty that is given apart from the losses, so that an empty batch has it too.
 *
 * @param penalty - Returns a scalar.
 * @returns The caller disposes its gradients.
 * @throws DpError LOSS_FORM if the penalty was computed from anything but variables and constants.
 */
export function separatePenalty(
  penalty: () => tf.Tensor,
  variables: readonly tf.Variable[],
): SeparatePenalty {
  const recording = record(penalty);
  const {value} = recording;
  try {
    if (value.size !== 1 || dependsOnExamples(recording, value)) {
      throw new DpError(
        'LOSS_FORM',
        `a penalty must be a scalar that depends on variables and constants alone, got shape [${value.shape.join(', ')}]. ` +
          'What depends on examples belongs into their losses',
      );
    }
    const parts = {perExample: value, values: value, penalties: [value]};
    const gradients = tf.tidy(() => penaltyGradients(recording, parts, variables) as tf.Tensor[]);
    return {value: value.dataSync()[0] ?? NaN, gradients};
  } finally {
    value.dispose();
    recording.dispose();
  }
}
