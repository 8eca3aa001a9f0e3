import * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import type {TapeNode} from './engine.js';

/** Gradients of a node's inputs, taken over from tf.js by a rule of ours. */
export type InputGradients = readonly (readonly [input: tf.Tensor, gradient: tf.Tensor])[];

/** Sees each node on the way back; returns the gradients to pass on, or nothing to let tf.js compute them all. */
export type Interceptor = (node: TapeNode, dy: tf.Tensor) => InputGradients | undefined;

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
  const add = (tensor: tf.Tensor, gradient: tf.Tensor): void => {
    const sofar = dys.get(tensor.id);
    dys.set(tensor.id, sofar === undefined ? gradient : tf.add(sofar, gradient));
  };
  for (const node of nodes.slice().reverse()) {
    const outputs = node.outputs.map((output) => dys.get(output.id));
    const dy = outputs.find((gradient) => gradient !== undefined);
    const inputs = Object.entries(node.inputs).filter(([, input]) => wanted.has(input.id));
    if (dy === undefined || inputs.length === 0) continue;
    const taken = intercept?.(node, dy);
    if (taken !== undefined) {
      for (const [input, gradient] of taken) add(input, gradient);
      continue;
    }
    const gradients = node.gradient?.(outputs);
    if (gradients === undefined) throw noGradient(node.kernelName);
    for (const [name, input] of inputs) {
      const gradient = gradients[name]?.();
      if (gradient !== undefined) add(input, gradient);
    }
  }
  return dys;
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
