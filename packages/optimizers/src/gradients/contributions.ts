import * as tf from '@tensorflow/tfjs-core';
import type {PerExampleParameter} from '@dp/kernels/on-demand';

import {DpError} from '../errors.js';
import {backpropagate, dependents} from '../tape/backward.js';
import type {KernelAttributes, TapeNode} from '../tape/engine.js';
import type {LossParts} from '../tape/loss.js';
import type {SeparationProof} from '../tape/prove.js';
import type {KernelCall, Recording} from '../tape/record.js';
import {parametersOf, type Parameter} from './parameters.js';
import {Collected, pullBack} from './pull_back.js';
import {parameterRuleOf} from './registry.js';
import {FUSED} from './rules/index.js';
import {stackUses} from './stack.js';

/**
 * Each variable's contributions to the gradients of the examples' own losses, from one backward pass: nothing has been
 * summed over the batch until a parameter's gradient is formed, so that last step is left to the caller.
 * Requires a proof that the examples are separate. Call it in a tidy. Sensitive.
 *
 * @returns One entry a variable, in order; an empty list for a variable that the loss does not reach.
 * @throws DpError NO_RULE, UNSUPPORTED.
 */
export function perExampleContributions(
  recording: Recording,
  loss: LossParts,
  {labels, batchSize}: SeparationProof,
  variables: readonly tf.Variable[],
): PerExampleParameter[] {
  const {nodes} = recording;
  const wanted = dependents(nodes, variables);
  const attrsOf = (node: TapeNode): KernelAttributes => callOf(recording, node).attrs;
  const parameters = parametersOf(nodes, variables, labels, attrsOf);
  const parameterOf = (tensor: tf.Tensor): Parameter | undefined => parameters.get(tensor.id);
  const collected = new Collected();

  const seeds = new Map([[loss.perExample.id, ownLossGradient(loss)]]);
  backpropagate(nodes, seeds, wanted, (node, dy) => {
    const used = Object.values(node.inputs).flatMap((input) => parameterOf(input) ?? []);
    const outputLabel = node.outputs[0] && labels.get(node.outputs[0].id);
    // Without a gradient of tf.js's the plain walk says so.
    if (used.length === 0 || outputLabel?.kind !== 'batch' || node.gradient === undefined) return undefined;
    const call = callOf(recording, node);
    const isKernel = node.kernelName === call.kernel || FUSED.has(call.kernel);
    const rule = isKernel ? parameterRuleOf(call.kernel) : undefined;
    if (rule === undefined) throw noRule(isKernel ? call.kernel : node.kernelName, used);
    const use = rule({
      node,
      call,
      dy,
      batchSize,
      outputLabel,
      label: (tensor) => labels.get(tensor.id) ?? {kind: 'public', rows: 'positional'},
      parameter: parameterOf,
      wanted: (tensor) => wanted.has(tensor.id),
    });
    collected.add(use.contributions);
    return use.gradients;
  });
  pullBack(nodes, collected, parameterOf, attrsOf, batchSize);
  return variables.map((variable) => ({
    size: variable.size,
    contributions: stackUses(collected.of(variable), batchSize),
  }));
}

/** d(own loss of example i) / d(losses): an example's own loss is the mean of its row. */
export function ownLossGradient({perExample}: LossParts): tf.Tensor {
  const [batchSize = 1] = perExample.shape;
  return tf.fill(perExample.shape, batchSize / perExample.size);
}

/** Operations that only show a tensor in another shape. */
const VIEWS = new Set(['ExpandDims', 'Identity', 'Reshape']);

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

function noRule(operation: string, used: readonly Parameter[]): DpError {
  const names = [...new Set(used.map(({name}) => `'${name}'`))].join(', ');
  return new DpError(
    'NO_RULE',
    `no per-example gradient rule for operation '${operation}' with variable ${names}. ` +
      'Use a layer that is covered, freeze this one (layer.trainable = false), or register a rule (registerPerExampleRule)',
  );
}
