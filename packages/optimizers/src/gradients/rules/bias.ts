import * as tf from '@tensorflow/tfjs-core';
import type {Contribution} from '@dp/kernels/on-demand';

import {passOn, perExampleRows, refuse, type ParameterRule, type ParameterSite} from './rule.js';

/** x + b, with broadcasting: the gradient of example i is the sum of dy_i over b's broadcast axes. */
export const addRule: ParameterRule = (site) => broadcastUse(site, (_other, dy) => dy);

/** x - b or b - x. */
export const subtractRule: ParameterRule = (site) =>
  broadcastUse(site, (_other, dy, name) => (name === 'b' ? tf.neg(dy) : dy));

/** x * s: the gradient of example i is the sum of x_i * dy_i. */
export const multiplyRule: ParameterRule = (site) => broadcastUse(site, (other, dy) => tf.mul(dy, other));

function broadcastUse(
  site: ParameterSite,
  ownGradient: (other: tf.Tensor, dy: tf.Tensor, name: 'a' | 'b') => tf.Tensor,
): ReturnType<ParameterRule> {
  const {a, b} = site.node.inputs;
  if (a === undefined || b === undefined) throw new Error('binary operation without operands');
  const name = site.variable(b) === undefined ? 'a' : 'b';
  const parameter = name === 'b' ? b : a;
  const variable = site.variable(parameter);
  if (variable === undefined) throw new Error('no parameter operand');
  // Multiply saves both operands for its gradient; the others need neither.
  const other = site.node.saved?.[name === 'b' ? 0 : 1] ?? site.dy;
  const contribution = biasContribution(site, variable, parameter, ownGradient(other, site.dy, name));
  return {contributions: [[variable, contribution]], gradients: passOn(site, [name === 'b' ? 'a' : 'b'])};
}

/** The gradient of something added with broadcasting, as rows to be summed per example. */
export function biasContribution(
  site: ParameterSite,
  variable: tf.Variable,
  parameter: tf.Tensor,
  dy: tf.Tensor,
): Contribution {
  const output = site.node.outputs[0] ?? dy;
  const label = site.label(output);
  const aligned = [...new Array<number>(dy.rank - parameter.rank).fill(1), ...parameter.shape];
  const firstOwn = aligned.findIndex((size) => size > 1);
  const trailing =
    firstOwn < 0 || aligned.slice(firstOwn).every((size, i) => size === dy.shape[firstOwn + i]);
  const axes = trailing
    ? []
    : aligned.flatMap((size, axis) =>
        size === 1 && label.kind === 'batch' && axis !== label.axis ? [axis] : [],
      );
  const rows = perExampleRows(site, axes.length === 0 ? dy : tf.sum(dy, axes, true), label, variable.size);
  if (rows === undefined) throw refuse(site, variable, 'the examples are not on the outermost axis');
  return {kind: 'sum', dy: rows};
}
