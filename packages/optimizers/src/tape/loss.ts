import type * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import type {KernelCall, Recording} from './record.js';
import {isSensitiveLeaf} from './sources.js';

/** The parts of what a loss function returned. */
export interface LossParts {
  /** The recorded tensor of per-example losses, [B] or [B, ...]. */
  readonly perExample: tf.Tensor;
  /** A live handle on its values; sensitive. */
  readonly values: tf.Tensor;
  /** Scalars that depend on parameters alone (regularizers), added to the mean of the losses. */
  readonly penalties: readonly tf.Tensor[];
}

/** Scalars may be passed on by these without change. */
const TRANSPARENT = new Set(['Cast', 'ExpandDims', 'Identity', 'Reshape']);

/**
 * Finds the per-example losses in what the loss function returned: that value itself if it is a vector, or what was
 * averaged to make the scalar. `tf.mean`, `tf.sum` divided by a constant, and added penalties are understood.
 *
 * @throws DpError LOSS_FORM if the scalar is not a mean over the examples.
 */
export function findLoss(recording: Recording): LossParts {
  if (recording.value.size !== 1 || recording.value.rank > 0) {
    return {perExample: recording.value, values: recording.value, penalties: []};
  }
  const penalties: tf.Tensor[] = [];
  let scalar = recording.value;
  let coefficient = 1;
  for (;;) {
    const call = recording.producers.get(scalar.id);
    if (call === undefined) throw notAMean('it was not computed from the examples in the loss function');
    const [first, second] = call.inputs.map(([, tensor]) => tensor);
    if (first === undefined) throw notAMean(`operation '${call.kernel}' makes it out of nothing`);
    if ((call.kernel === 'Mean' || call.kernel === 'Sum') && first.rank > 0) {
      if (call.kernel === 'Sum') coefficient *= first.size;
      if (Math.abs(coefficient - 1) > 1e-6) {
        throw notAMean(`it is ${coefficient} times the mean of the losses`);
      }
      const values = recording.reduced.get(first.id);
      if (values === undefined) throw notAMean(`operation '${call.kernel}' reduces only some axes`);
      return {perExample: first, values, penalties};
    }
    if (call.kernel === 'Mean' || call.kernel === 'Sum' || TRANSPARENT.has(call.kernel)) {
      scalar = first;
    } else if (call.kernel === 'Add' && second !== undefined) {
      const keepFirst = dependsOnExamples(recording, first);
      if (keepFirst && dependsOnExamples(recording, second)) {
        throw notAMean(
          'two parts that both depend on the examples were averaged before they were added; add the vectors, then take one mean',
        );
      }
      penalties.push(keepFirst ? second : first);
      scalar = keepFirst ? first : second;
    } else if ((call.kernel === 'RealDiv' || call.kernel === 'Multiply') && second !== undefined) {
      const factor = constant(recording, second);
      coefficient = call.kernel === 'RealDiv' ? coefficient / factor : coefficient * factor;
      scalar = first;
    } else {
      throw notAMean(`it ends in operation '${call.kernel}'`);
    }
  }
}

/** The value of a scalar that the loss function made from a JavaScript number. */
function constant(recording: Recording, tensor: tf.Tensor): number {
  const value = recording.insideLeaves.get(tensor.id)?.values[0];
  if (typeof value !== 'number') {
    throw notAMean(
      'its divisor or factor is not a constant: a divisor that counts something in the batch (such as non-zero weights) depends on the other examples',
    );
  }
  return value;
}

/** Whether a tensor was computed from anything but variables, scalars and constants. */
export function dependsOnExamples(recording: Recording, tensor: tf.Tensor): boolean {
  const seen = new Set<number>();
  const stack = [tensor];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (seen.has(next.id)) continue;
    seen.add(next.id);
    const call: KernelCall | undefined = recording.producers.get(next.id);
    if (call !== undefined) stack.push(...call.inputs.map(([, input]) => input));
    else if (isSensitiveLeaf(recording, next)) return true;
  }
  return false;
}

function notAMean(why: string): DpError {
  return new DpError(
    'LOSS_FORM',
    `the loss must be the vector of per-example losses [B], or their mean over the examples: ${why}. ` +
      'Return the vector, or tf.mean of it',
  );
}
