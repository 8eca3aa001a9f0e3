import type * as tf from '@tensorflow/tfjs-core';

import type {KernelAttributes, TapeNode} from '../tape/engine.js';
import type {Label} from '../tape/labels.js';

/**
 * What a tensor that depends on variables alone shows: the same numbers as `tensor`, in another shape, perhaps repeated.
 * That is a variable, or something that was computed from variables. Gradients have the coordinates of `shape`.
 */
export interface Parameter {
  readonly tensor: tf.Tensor;
  /** The tensor's shape, aligned with the one that shows it: 1 along the axes of repetition. */
  readonly shape: readonly number[];
  /** The variables that it was computed from, for messages. */
  readonly name: string;
}

/** What every tensor that depends on wanted variables alone shows, by tensor id. */
export function parametersOf(
  nodes: readonly TapeNode[],
  variables: readonly tf.Variable[],
  labels: ReadonlyMap<number, Label>,
  attrsOf: (node: TapeNode) => KernelAttributes,
): Map<number, Parameter> {
  const shown = new Map<number, Parameter>(
    variables.map((variable) => [
      variable.id,
      {tensor: variable, shape: variable.shape, name: variable.name},
    ]),
  );
  for (const node of nodes) {
    const inputs = Object.values(node.inputs);
    const known = inputs.flatMap((input) => shown.get(input.id) ?? []);
    if (known.length === 0) continue;
    const name = [...new Set(known.map((parameter) => parameter.name))].join("', '");
    for (const output of node.outputs) {
      const label = labels.get(output.id);
      if (label?.kind !== 'parameter') continue;
      const [input] = inputs;
      const [parameter] = known;
      const shape =
        inputs.length === 1 && input !== undefined && parameter !== undefined
          ? viewShape(node, attrsOf(node), parameter.shape, input.shape, output.shape)
          : undefined;
      shown.set(
        output.id,
        shape !== undefined && parameter !== undefined
          ? {...parameter, shape}
          : {tensor: output, shape: onceAlong(label.constant ?? [], output.shape), name},
      );
    }
  }
  return shown;
}

/** What is the same along some axes is taken there once. */
function onceAlong(constant: readonly number[], shape: readonly number[]): number[] {
  return shape.map((size, axis) => (constant.includes(axis) ? 1 : size));
}

/** The aligned shape after an operation that moves no number past another; undefined for any other operation. */
function viewShape(
  {kernelName}: TapeNode,
  attrs: KernelAttributes,
  aligned: readonly number[],
  from: readonly number[],
  to: readonly number[],
): readonly number[] | undefined {
  switch (kernelName) {
    case 'Identity':
      return aligned;
    case 'ExpandDims':
    case 'Reshape':
      return reshaped(aligned, from, to);
    case 'Transpose': {
      const perm = attrs['perm'] as number[];
      const moved = perm.filter((axis) => aligned[axis] !== 1);
      return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] ?? 0))
        ? perm.map((axis) => aligned[axis] ?? 1)
        : undefined;
    }
    case 'BroadcastTo':
    case 'Tile': {
      const offset = to.length - from.length;
      const repeatsOnes = from.every((size, axis) => size === to[axis + offset] || aligned[axis] === 1);
      return repeatsOnes ? [...new Array<number>(offset).fill(1), ...aligned] : undefined;
    }
    default:
      return undefined;
  }
}

function reshaped(
  aligned: readonly number[],
  from: readonly number[],
  to: readonly number[],
): readonly number[] | undefined {
  if (aligned.every((size, axis) => size === from[axis])) return to;
  // Repeated along some axes: only axes of size 1 may come or go.
  const sizes = from.flatMap((size, axis) => (size === 1 ? [] : [[size, aligned[axis] ?? 1] as const]));
  const kept = to.filter((size) => size !== 1);
  if (kept.length !== sizes.length || !kept.every((size, i) => size === sizes[i]?.[0])) return undefined;
  let next = 0;
  return to.map((size) => (size === 1 ? 1 : (sizes[next++]?.[1] ?? 1)));
}
