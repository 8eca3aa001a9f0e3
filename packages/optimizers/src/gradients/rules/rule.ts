import * as tf from '@tensorflow/tfjs-core';
import type {Contribution} from '@dp/kernels/on-demand';

import {DpError} from '../../errors.js';
import type {InputGradients} from '../../tape/backward.js';
import type {TapeNode} from '../../tape/engine.js';
import type {Label} from '../../tape/labels.js';
import type {KernelCall} from '../../tape/record.js';

/** One use of a parameter, met on the way back. */
export interface ParameterSite {
  readonly node: TapeNode;
  readonly call: KernelCall;
  /** The output's gradient, of each example's own loss. Sensitive. */
  readonly dy: tf.Tensor;
  readonly batchSize: number;
  label(tensor: tf.Tensor): Label;
  /** The variable that a tensor is, seen perhaps in another shape. */
  variable(tensor: tf.Tensor): tf.Variable | undefined;
  /** Whether the tensor's gradient is needed further back. */
  wanted(tensor: tf.Tensor): boolean;
}

export interface ParameterUse {
  readonly contributions: readonly (readonly [variable: tf.Variable, contribution: Contribution])[];
  readonly gradients: InputGradients;
}

/** Turns one use of a parameter into contributions to per-example gradients, and passes the other gradients on. */
export type ParameterRule = (site: ParameterSite) => ParameterUse;

/** tf.js's own gradients of the inputs that are not parameters; computed one by one, so a parameter's never is. */
export function passOn(site: ParameterSite, names: readonly string[]): InputGradients {
  const gradients = site.node.gradient?.([site.dy]) ?? {};
  return names.flatMap((name) => {
    const input = site.node.inputs[name];
    const gradient = gradients[name];
    return input !== undefined &&
      gradient !== undefined &&
      site.wanted(input) &&
      site.variable(input) === undefined
      ? [[input, gradient()] as const]
      : [];
  });
}

/** Refuses a use of a parameter that no rule covers. */
export function refuse(site: ParameterSite, variable: tf.Variable, why: string): DpError {
  return new DpError(
    'NO_RULE',
    `no per-example gradient rule for operation '${site.call.kernel}' with variable '${variable.name}': ${why}. ` +
      'Use a layer that is covered, or freeze this one (layer.trainable = false)',
  );
}

/** [B * inner, ...] or [1, B * inner, ...] seen as [B, rows, columns]; undefined where examples are not outermost. */
export function perExampleRows(
  site: ParameterSite,
  tensor: tf.Tensor,
  label: Label,
  columns: number,
): tf.Tensor3D | undefined {
  if (label.kind !== 'batch') return undefined;
  const outer = tensor.shape.slice(0, label.axis).reduce((product, size) => product * size, 1);
  return outer === 1 ? tf.reshape(tensor, [site.batchSize, -1, columns]) : undefined;
}
