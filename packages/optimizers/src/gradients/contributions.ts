import * as tf from '@tensorflow/tfjs-core';
import type {Contribution, PerExampleParameter} from '@dp/kernels/on-demand';

import {DpError} from '../errors.js';
import {backpropagate, dependents} from '../tape/backward.js';
import type {TapeNode} from '../tape/engine.js';
import type {LossParts} from '../tape/loss.js';
import type {SeparationProof} from '../tape/prove.js';
import type {KernelCall, Recording} from '../tape/record.js';
import {parameterRules} from './rules/index.js';

/** Operations that only show a variable in another shape. */
const VIEWS = new Set(['ExpandDims', 'Identity', 'Reshape']);

/**
 * Each variable's contributions to the gradients of the examples' own losses, from one backward pass: nothing has been
 * summed over the batch until a parameter's gradient is formed, so that last step is left to the caller.
 * Requires a proof that the examples are separate. Call it in a tidy. Sensitive.
 *
 * @returns One entry a variable, in order; an empty list for a variable that the loss does not reach.
 * @throws DpError NO_RULE.
 */
export function perExampleContributions(
  recording: Recording,
  loss: LossParts,
  proof: SeparationProof,
  variables: readonly tf.Variable[],
): PerExampleParameter[] {
  const views = variableViews(recording.nodes, recording, variables);
  const wanted = dependents(recording.nodes, variables);
  const collected = new Map<tf.Variable, Contribution[]>(variables.map((variable) => [variable, []]));

  backpropagate(
    recording.nodes,
    new Map([[loss.perExample.id, ownLossGradient(loss)]]),
    wanted,
    (node, dy) => {
      const parameters = Object.values(node.inputs).filter(
        (input) => wanted.has(input.id) && proof.labels.get(input.id)?.kind === 'parameter',
      );
      if (parameters.length === 0) return undefined;
      const call = callOf(recording, node);
      for (const parameter of parameters) {
        if (!views.has(parameter.id)) {
          throw new DpError(
            'NO_RULE',
            `operation '${call.kernel}' uses a tensor of shape [${parameter.shape.join(', ')}] that was computed from variables: ` +
              'per-example gradients are formed for variables and reshapes of them. Compute it outside of the loss, or use the variable itself',
          );
        }
      }
      const rule = parameterRules[call.kernel];
      if (rule === undefined) {
        const names = parameters.map((parameter) => `'${views.get(parameter.id)?.name ?? ''}'`).join(', ');
        throw new DpError(
          'NO_RULE',
          `no per-example gradient rule for operation '${call.kernel}' with variable ${names}. ` +
            'Use a layer that is covered, or freeze this one (layer.trainable = false)',
        );
      }
      const use = rule({
        node,
        call,
        dy,
        batchSize: proof.batchSize,
        label: (tensor) => proof.labels.get(tensor.id) ?? {kind: 'public', rows: 'positional'},
        variable: (tensor) => views.get(tensor.id),
        wanted: (tensor) => wanted.has(tensor.id),
      });
      for (const [variable, contribution] of use.contributions) collected.get(variable)?.push(contribution);
      return use.gradients;
    },
  );
  return variables.map((variable) => ({size: variable.size, contributions: collected.get(variable) ?? []}));
}

/** d(own loss of example i) / d(losses): an example's own loss is the mean of its row. */
export function ownLossGradient({perExample}: LossParts): tf.Tensor {
  const [batchSize = 1] = perExample.shape;
  return tf.fill(perExample.shape, batchSize / perExample.size);
}

/** The variables, and the tensors that are only views of them, by tensor id. */
function variableViews(
  nodes: readonly TapeNode[],
  recording: Recording,
  variables: readonly tf.Variable[],
): Map<number, tf.Variable> {
  const views = new Map<number, tf.Variable>(variables.map((variable) => [variable.id, variable]));
  for (const node of nodes) {
    const [input, ...more] = Object.values(node.inputs);
    const [output] = node.outputs;
    if (input === undefined || output === undefined || more.length > 0) continue;
    const variable = views.get(input.id);
    const call = recording.producers.get(output.id);
    if (variable !== undefined && call !== undefined && isView(call)) views.set(output.id, variable);
  }
  return views;
}

function isView(call: KernelCall): boolean {
  if (VIEWS.has(call.kernel)) return true;
  const perm = call.attrs['perm'];
  return call.kernel === 'Transpose' && Array.isArray(perm) && perm.every((axis, i) => axis === i);
}

/** The kernel behind a node: for tf.js's own hand-written gradients, the fused kernel inside, seen through reshapes. */
function callOf(recording: Recording, node: TapeNode): KernelCall {
  let call = node.outputs[0] && recording.producers.get(node.outputs[0].id);
  while (call !== undefined && call.kernel !== node.kernelName && VIEWS.has(call.kernel)) {
    const inner: tf.Tensor | undefined = call.inputs[0]?.[1];
    call = inner && recording.producers.get(inner.id);
  }
  if (call === undefined) throw new Error(`nothing recorded for '${node.kernelName}'`);
  return call;
}
