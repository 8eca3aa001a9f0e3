import * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import type {TapeNode} from './engine.js';

/** Gradients of a node's inputs, taken over from tf.js by a rule of ours. */
export type InputGradients = readonly (readonly [input: tf.Tensor, gradient: tf.Tensor])[];

/** Sees each node on the way back; returns the gradients to pass on, or nothing to let tf.js compute them all. */
export type Interceptor = (node: TapeNode, dy: tf.Tensor) => InputGradients | undefined;

/** tf.js 4.22 fails on the gradients of these where there is one part only, which is the whole. */
const PARTS: ReadonlySet<string> = new Set([tf.Unpack, tf.SplitV]);

/** Ids of all tensors that depend on one of the variables. */
export function dependents(nodes: readonly TapeNode[], variables: readonly tf.Variable[]): Set<number> {
  const ids = new Set(variables.map((variable) => variable.id));
  for (const node of nodes) {
    if (Object.values(node.inputs).some((input) => ids.has(input.id))) {
      for (const output of node.outputs) ids.add(output.id);
    }
  }
  return ids;
}

/**
 * Walks the tape backwards from `seeds` (output gradients by tensor id). Without an interceptor this is plain
 * back-propagation by tf.js's own gradient functions. Call it in a tidy.
 *
 * @returns The gradients by tensor id.
 */
export function backpropagate(
  nodes: readonly TapeNode[],
  seeds: ReadonlyMap<number, tf.Tensor>,
  wanted: ReadonlySet<number>,
  intercept?: Interceptor,
): Map<number, tf.Tensor> {
  const dys = new Map(seeds);
  const add = (tensor: tf.Tensor, found: tf.Tensor, kernel: string): void => {
    const gradient = inShapeOf(tensor, found, kernel);
    const sofar = dys.get(tensor.id);
    dys.set(tensor.id, sofar === undefined ? gradient : tf.add(sofar, gradient));
  };
  for (const node of nodes.slice().reverse()) {
    const outputs = node.outputs.map((output) => dys.get(output.id));
    const dy = outputs.find((gradient) => gradient !== undefined);
    const inputs = Object.entries(node.inputs).filter(([, input]) => wanted.has(input.id));
    // Comparisons and indices are constant almost everywhere; tf.js has no gradient for some of them.
    const isDiscrete = node.outputs.every(({dtype}) => dtype === 'bool' || dtype === 'int32');
    if (dy === undefined || inputs.length === 0 || isDiscrete) continue;
    const taken = intercept?.(node, dy);
    if (taken !== undefined) {
      for (const [input, gradient] of taken) add(input, gradient, node.kernelName);
      continue;
    }
    if (outputs.length === 1 && PARTS.has(node.kernelName)) {
      for (const [, input] of inputs) add(input, tf.reshape(dy, input.shape), node.kernelName);
      continue;
    }
    const gradients = node.gradient?.(outputs);
    if (gradients === undefined) throw noGradient(node.kernelName);
    for (const [name, input] of inputs) {
      const gradient = gradients[name]?.();
      if (gradient !== undefined) add(input, gradient, node.kernelName);
    }
  }
  return dys;
}

/**
 * tf.js 4.22 leaves some gradients of operands that were broadcast unreduced (matMul, maximum, minimum).
 *
 * @throws DpError UNSUPPORTED if the shape is no such one: then tf.js's gradient is wrong, and so would ours be.
 */
function inShapeOf(tensor: tf.Tensor, gradient: tf.Tensor, kernel: string): tf.Tensor {
  if (tf.util.arraysEqual(tensor.shape, gradient.shape)) return gradient;
  const added = gradient.rank - tensor.rank;
  const isBroadcast =
    added >= 0 && tensor.shape.every((size, axis) => size === 1 || size === gradient.shape[axis + added]);
  if (!isBroadcast) {
    throw new DpError(
      'UNSUPPORTED',
      `tf.js's gradient of operation '${kernel}' has shape [${gradient.shape.join(', ')}] for an input of shape ` +
        `[${tensor.shape.join(', ')}]. Express it with other operations`,
    );
  }
  const axes = tf.broadcast_util.getReductionAxes(tensor.shape, gradient.shape);
  return tf.reshape(tf.sum(gradient, axes), tensor.shape);
}

function noGradient(kernel: string): DpError {
  const anyRegistered = (tf.getGradient(tf.Add) as tf.GradConfig | undefined) !== undefined;
  return new DpError(
    'UNSUPPORTED',
    anyRegistered
      ? `tf.js has no gradient for operation '${kernel}'. Express it with differentiable operations`
      : "no gradients are registered: @tensorflow/tfjs-core alone has none in Node. Import '@tensorflow/tfjs' or '@tensorflow/tfjs-layers'",
  );
}
