import * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import {batch, type Label} from './labels.js';
import type {InsideLeaf, Recording} from './record.js';

/** What is known about the tensors that a loss function takes from outside (privacy rule S1). */
export interface DeclaredSources {
  /** Tensors that hold the examples. Sensitive. Without them, leaves of B rows are assumed to be the batch. */
  readonly batch?: readonly tf.Tensor[];
  /** The axis at which the tensors of `batch` hold the examples. Default: 0. The losses hold them at axis 0 always. */
  readonly axis?: number;
  /** Tensors that depend on no example, such as class weights or a positional table. */
  readonly publicTensors?: readonly tf.Tensor[];
}

/** What a replay knows beside: dropout masks that were fresh when they were recorded. */
export interface KnownSources extends DeclaredSources {
  readonly freshMasks?: readonly tf.Tensor[];
}

/** Whether a tensor that no recorded kernel made may hold examples: not a variable, a scalar, or made inside. */
export function isSensitiveLeaf(recording: Recording, tensor: tf.Tensor): boolean {
  return !(tensor instanceof tf.Variable) && tensor.rank > 0 && !recording.insideLeaves.has(tensor.id);
}

/**
 * The label of a tensor that no recorded kernel made.
 *
 * @param where - Tells the place of its use, for messages.
 * @throws DpError UNKNOWN_TENSOR: a shape is never a proof.
 */
export function labelLeaf(
  recording: Recording,
  tensor: tf.Tensor,
  batchSize: number,
  declared: KnownSources,
  where: () => string = () => '',
): Label {
  if (tensor instanceof tf.Variable) return {kind: 'parameter'};
  const inside = recording.insideLeaves.get(tensor.id);
  if (inside !== undefined) return {kind: 'public', rows: rowsOf(inside)};
  if (declared.freshMasks?.includes(tensor) === true) return {kind: 'public', rows: 'exchangeable'};
  if (declared.publicTensors?.some((known) => known.id === tensor.id))
    return {kind: 'public', rows: 'positional'};
  if (tensor.rank === 0) return {kind: 'public', rows: 'uniform'};
  const isBatch =
    declared.batch === undefined
      ? tensor.shape[0] === batchSize
      : declared.batch.some((known) => known.id === tensor.id);
  if (isBatch && declared.batch === undefined && tensor.kept) throw keptState(tensor, where());
  const axis = declared.batch === undefined ? 0 : (declared.axis ?? 0);
  if (isBatch && tensor.shape[axis] === batchSize) return batch(axis, 1);
  throw new DpError(
    'UNKNOWN_TENSOR',
    `the loss uses a tensor of shape [${tensor.shape.join(', ')}] from outside the loss function${where()} that is neither a variable ` +
      `nor ${declared.batch === undefined ? `a batch of ${batchSize} examples` : 'one of the declared batch tensors'}: ` +
      'it might hold other examples. Declare it in `batch` (examples at `axis`) or in `publicTensors` (depends on no example)',
  );
}

function rowsOf({values, isFreshMask}: InsideLeaf): 'uniform' | 'exchangeable' | 'positional' {
  if (isFreshMask) return 'exchangeable';
  const first = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return 'positional';
  return 'uniform';
}

/** A batch that a training loop feeds is never kept; what tf.keep held may stem from the batch before. */
function keptState(tensor: tf.Tensor, where: string): DpError {
  return new DpError(
    'UNKNOWN_TENSOR',
    `the loss uses a tensor of shape [${tensor.shape.join(', ')}] that tf.keep held over from before${where}, as a recurrent layer with ` +
      '`stateful: true` does: its rows stem from other examples. Use stateful: false; ' +
      'if the tensor does hold the examples of this batch, declare it in `batch`, or pass a clone of it',
  );
}
