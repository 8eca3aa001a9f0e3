import * as tf from '@tensorflow/tfjs-core';
import type {SumContribution} from '@dp/kernels/on-demand';

import type {BatchLabel} from '../../tape/labels.js';

/** The axes of a shape but one. */
export function without<T>(items: readonly T[], axis: number): T[] {
  return items.filter((_, i) => i !== axis);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((result, size) => result * size, 1);
}

/** A tensor that holds examples at some axis, seen as [B, inner, ...other axes]; copied only where they are not outermost. */
export function examplesFirst(tensor: tf.Tensor, {axis, inner}: BatchLabel, batchSize: number): tf.Tensor {
  const others = without([...tensor.shape.keys()], axis);
  const outermost = product(tensor.shape.slice(0, axis)) === 1;
  return tf.reshape(outermost ? tensor : tf.transpose(tensor, [axis, ...others]), [
    batchSize,
    inner,
    ...without(tensor.shape, axis),
  ]);
}

/** The same as rows [B, positions, columns]; the columns are the last axes. */
export function exampleRows(
  tensor: tf.Tensor,
  label: BatchLabel,
  batchSize: number,
  columns: number,
): tf.Tensor3D {
  const positions = tensor.size / Math.max(batchSize * columns, 1);
  return tf.reshape(examplesFirst(tensor, label, batchSize), [batchSize, positions, columns]);
}

/**
 * The gradient of something that was broadcast to the shape of `dy`: example i's is the sum of its part of dy over the
 * axes along which it was repeated.
 *
 * @param shape - What was broadcast, aligned with dy: 1 along the axes of repetition, that of the examples among them.
 */
export function broadcastContribution(
  dy: tf.Tensor,
  label: BatchLabel,
  batchSize: number,
  shape: readonly number[],
): SumContribution {
  const rows = examplesFirst(dy, label, batchSize);
  // Without the axis of the examples, behind [B, inner].
  const own = without(shape, label.axis);
  const size = product(own);
  const firstOwn = own.findIndex((n) => n > 1);
  const isTrailing = firstOwn < 0 || own.slice(firstOwn).every((n, i) => n === rows.shape[firstOwn + i + 2]);
  const axes = isTrailing ? [] : own.flatMap((n, i) => (n === 1 ? [i + 2] : []));
  const summed = axes.length === 0 ? rows : tf.sum(rows, axes);
  return {
    kind: 'sum',
    dy: tf.reshape(summed, [batchSize, summed.size / Math.max(batchSize * size, 1), size]),
  };
}
