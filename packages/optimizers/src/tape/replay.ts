import * as tf from '@tensorflow/tfjs-core';

import {ancestors} from './prove.js';
import type {KernelCall, Recording} from './record.js';

/**
 * Runs the recorded computation of the losses again, with some leaves replaced: the same kernels on the same constants and
 * the same dropout masks, so that only the replacement can change the result.
 *
 * @param substitutes - Replacements by the id of the recorded leaf.
 */
export function replay(
  recording: Recording,
  target: tf.Tensor,
  substitutes: ReadonlyMap<number, tf.Tensor>,
): tf.Tensor {
  const made = new Map(substitutes);
  const valueOf = (tensor: tf.Tensor): tf.Tensor => {
    const known = made.get(tensor.id);
    if (known !== undefined) return known;
    const inside = recording.insideLeaves.get(tensor.id);
    if (inside === undefined) return tensor;
    const remade = tf.tensor(inside.values as Float32Array, tensor.shape, tensor.dtype);
    made.set(tensor.id, remade);
    return remade;
  };
  for (const call of ancestors(recording, target)) {
    const inputs = call.inputs.map(([name, tensor]) => [name, valueOf(tensor)] as const);
    const result = rerun(call, inputs);
    call.outputs.forEach((output, i) => {
      const value = result[i];
      if (value !== undefined) made.set(output.id, value);
    });
  }
  return valueOf(target);
}

function rerun({kernel, attrs}: KernelCall, inputs: readonly (readonly [string, tf.Tensor])[]): tf.Tensor[] {
  const named = Object.fromEntries(inputs);
  // The fused kernels have no registered gradient: it belongs to the operation around them.
  if (kernel === tf._FusedMatMul)
    return [tf.fused.matMul({...attrs, ...named} as Parameters<typeof tf.fused.matMul>[0])];
  if (kernel === tf.FusedConv2D)
    return [tf.fused.conv2d({...attrs, ...named} as Parameters<typeof tf.fused.conv2d>[0])];
  if (kernel === tf.FusedDepthwiseConv2D)
    return [tf.fused.depthwiseConv2d({...attrs, ...named} as Parameters<typeof tf.fused.depthwiseConv2d>[0])];
  const list = inputs.every(([name], i) => name === String(i));
  const result = tf
    .engine()
    .runKernel<tf.Tensor | tf.Tensor[]>(
      kernel,
      (list ? inputs.map(([, tensor]) => tensor) : named) as tf.NamedTensorMap,
      attrs as tf.NamedAttrMap,
    );
  return Array.isArray(result) ? result : [result];
}
