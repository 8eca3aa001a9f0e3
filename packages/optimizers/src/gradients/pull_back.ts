import * as tf from '@tensorflow/tfjs-core';
import type {Contribution} from '@dp/kernels/on-demand';

import {DpError} from '../errors.js';
import type {KernelAttributes, TapeNode} from '../tape/engine.js';
import {explicitGradient} from './explicit.js';
import type {Parameter} from './parameters.js';
import {paddedGradient, splitGradient} from './part_of_parameter.js';
import type {ParameterContribution} from './rules/rule.js';

/** Contributions by the id of the tensor that they belong to. */
export class Collected {
  readonly #byTensor = new Map<number, Contribution[]>();

  of(tensor: tf.Tensor): readonly Contribution[] {
    return this.#byTensor.get(tensor.id) ?? [];
  }

  add(contributions: readonly ParameterContribution[]): void {
    for (const [{tensor}, contribution] of contributions)
      this.#byTensor.set(tensor.id, [...this.of(tensor), contribution]);
  }
}

/**
 * Carries contributions to tensors that were computed from variables (a part of a kernel, a transposed embedding, a
 * weight that is scaled) back to those variables. Parts and transposes keep their form; anything else goes through
 * tf.js's own gradient, example by example, with each example's gradient written out: O(B) times the tensor's size.
 * Nothing here mixes examples: only parameters are involved.
 */
export function pullBack(
  nodes: readonly TapeNode[],
  collected: Collected,
  parameterOf: (tensor: tf.Tensor) => Parameter | undefined,
  attrsOf: (node: TapeNode) => KernelAttributes,
  batchSize: number,
): void {
  for (const node of nodes.slice().reverse()) {
    const outputs = node.outputs.map((output) => collected.of(output));
    if (!outputs.some((contributions) => contributions.length > 0)) continue;
    collected.add(
      structural(node, outputs, parameterOf, attrsOf(node), batchSize) ??
        byOwnGradient(node, outputs, parameterOf, batchSize),
    );
  }
}

function structural(
  node: TapeNode,
  outputs: readonly (readonly Contribution[])[],
  parameterOf: (tensor: tf.Tensor) => Parameter | undefined,
  attrs: KernelAttributes,
  batchSize: number,
): ParameterContribution[] | undefined {
  const [input] = Object.values(node.inputs);
  const parameter = input && parameterOf(input);
  const [contributions = []] = outputs;
  const [output] = node.outputs;
  // What is repeated goes the general way.
  const isWhole = (tensor: tf.Tensor | undefined): boolean =>
    tensor !== undefined &&
    parameterOf(tensor)?.shape.every((size, axis) => size === tensor.shape[axis]) === true;
  if (input === undefined || parameter === undefined || !isWhole(input) || !node.outputs.every(isWhole))
    return undefined;
  const {name} = parameter;
  const own = (list: readonly Contribution[]): ParameterContribution[] =>
    list.map((contribution) => [parameter, contribution]);
  if (node.kernelName === 'Transpose') {
    const perm = attrs['perm'] as number[];
    return own(
      contributions.map((contribution) =>
        transposed(contribution, output?.shape ?? [], perm, batchSize, name),
      ),
    );
  }
  if (node.kernelName === 'Slice' && output !== undefined) {
    const from = attrs['begin'] as number | number[];
    const begin = Array.isArray(from) ? from : [from];
    return own(
      contributions.map((contribution) =>
        paddedGradient(contribution, {input: input.shape, output: output.shape, begin}, batchSize, name),
      ),
    );
  }
  if (node.kernelName === 'SplitV') {
    const axis = ((attrs['axis'] as number) + input.rank) % input.rank;
    const shapes = node.outputs.map(({shape}) => shape);
    return own(splitGradient(outputs, {input: input.shape, outputs: shapes, axis}, batchSize, name));
  }
  return undefined;
}

function transposed(
  contribution: Contribution,
  shape: readonly number[],
  perm: readonly number[],
  batchSize: number,
  name: string,
): Contribution {
  if (contribution.kind === 'dense' && perm.length === 2 && contribution.x.shape[2] === shape[0])
    return {kind: 'dense', x: contribution.dy, dy: contribution.x};
  const {dy} = explicitGradient(contribution, batchSize, name);
  const back = perm.map((_, axis) => perm.indexOf(axis) + 1);
  const gradient = tf.transpose(tf.reshape(dy, [batchSize, ...shape]), [0, ...back]);
  return {kind: 'sum', dy: tf.reshape(gradient, dy.shape)};
}

function byOwnGradient(
  node: TapeNode,
  outputs: readonly (readonly Contribution[])[],
  parameterOf: (tensor: tf.Tensor) => Parameter | undefined,
  batchSize: number,
): ParameterContribution[] {
  const inputs = Object.entries(node.inputs).flatMap(([name, tensor]) => {
    const parameter = parameterOf(tensor);
    return parameter === undefined ? [] : [{name, tensor, parameter}];
  });
  const names = inputs.map(({parameter}) => parameter.name).join("', '");
  if (node.gradient === undefined) {
    throw new DpError(
      'UNSUPPORTED',
      `tf.js has no gradient for operation '${node.kernelName}' of variable '${names}'. Express it with differentiable operations`,
    );
  }
  const {gradient} = node;
  const written = outputs.map((contributions) => sumOf(contributions, batchSize, names));
  const rows = Array.from({length: batchSize}, (_, example) => {
    const dys = node.outputs.map((output, i) => {
      const own = written[i];
      return own && inFirstPlace(tf.slice(own, example, 1), parameterOf(output)?.shape ?? [], output.shape);
    });
    const gradients = gradient(dys);
    return inputs.map(({name, tensor, parameter}) => {
      const own = gradients[name]?.() ?? tf.zeros(tensor.shape);
      const repeated = parameter.shape.flatMap((size, axis) => (size === tensor.shape[axis] ? [] : [axis]));
      const once = repeated.length === 0 ? own : tf.sum(own, repeated);
      return tf.reshape(once, [1, once.size]);
    });
  });
  return inputs.map(({parameter}, i) => [
    parameter,
    {kind: 'sum', dy: tf.stack(rows.flatMap((row) => row[i] ?? []))},
  ]);
}

/** A gradient of what is the same along some axes, given to the first place along each. */
function inFirstPlace(gradient: tf.Tensor, shape: readonly number[], full: readonly number[]): tf.Tensor {
  const paddings = full.map((size, axis): [number, number] => [0, size - (shape[axis] ?? size)]);
  return tf.pad(tf.reshape(gradient, [...shape]), paddings);
}

/** Several contributions written out and added, [B, n]. */
function sumOf(
  contributions: readonly Contribution[],
  batchSize: number,
  name: string,
): tf.Tensor | undefined {
  const written = contributions.map((contribution) =>
    tf.squeeze(explicitGradient(contribution, batchSize, name).dy, [1]),
  );
  return written.length === 0 ? undefined : tf.addN(written);
}
