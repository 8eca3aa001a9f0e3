import type * as tf from '@tensorflow/tfjs-core';
import type {Contribution} from '@dp/kernels/on-demand';

import {DpError} from '../../errors.js';
import type {InputGradients} from '../../tape/backward.js';
import type {TapeNode} from '../../tape/engine.js';
import type {BatchLabel, Label} from '../../tape/labels.js';
import type {KernelCall} from '../../tape/record.js';
import type {Parameter} from '../parameters.js';

/** One use of a parameter, met on the way back. */
export interface ParameterSite {
  readonly node: TapeNode;
  readonly call: KernelCall;
  /** The output's gradient, of each example's own loss. Sensitive. */
  readonly dy: tf.Tensor;
  readonly batchSize: number;
  /** Where the output holds the examples. */
  readonly outputLabel: BatchLabel;
  label(tensor: tf.Tensor): Label;
  /** The parameter that a tensor shows, if its gradient is wanted. */
  parameter(tensor: tf.Tensor): Parameter | undefined;
  /** Whether the tensor's gradient is needed further back. */
  wanted(tensor: tf.Tensor): boolean;
}

/** A contribution to the gradient of a parameter's tensor. */
export type ParameterContribution = readonly [parameter: Parameter, contribution: Contribution];

export interface ParameterUse {
  readonly contributions: readonly ParameterContribution[];
  readonly gradients: InputGradients;
}

/** Turns one use of a parameter into contributions to per-example gradients, and passes the other gradients on. */
export type ParameterRule = (site: ParameterSite) => ParameterUse;

/** tf.js's own gradients of the inputs that are not parameters; computed one by one, so a parameter's never is. */
export function passOn(site: ParameterSite): InputGradients {
  const gradients = site.node.gradient?.([site.dy]) ?? {};
  return Object.entries(site.node.inputs).flatMap(([name, input]) => {
    const gradient = gradients[name];
    return gradient !== undefined && site.wanted(input) && site.label(input).kind !== 'parameter'
      ? [[input, gradient()] as const]
      : [];
  });
}

/** An input of the recorded node; throws where the node has none of that name. */
export function nodeInput({node}: ParameterSite, name: string): tf.Tensor {
  const input = node.inputs[name];
  if (input === undefined) throw new Error(`operation '${node.kernelName}' has no input '${name}'`);
  return input;
}

/** The i-th tensor that the node saved for its gradient. */
export function savedTensor({node}: ParameterSite, i: number): tf.Tensor {
  const saved = node.saved?.[i];
  if (saved === undefined) throw new Error(`operation '${node.kernelName}' saved no tensor ${i}`);
  return saved;
}

/** Refuses a use of a parameter that no rule covers. */
export function refuse(site: ParameterSite, {name}: Parameter, why: string): DpError {
  return new DpError(
    'NO_RULE',
    `no per-example gradient rule for operation '${site.call.kernel}' with variable '${name}': ${why}. ` +
      'Use a layer that is covered, or freeze this one (layer.trainable = false)',
  );
}
