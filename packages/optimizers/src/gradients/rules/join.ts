import * as tf from '@tensorflow/tfjs-core';

import {broadcastContribution} from './rows.js';
import {passOn, type ParameterContribution, type ParameterRule} from './rule.js';

/** Parameters set beside the examples' values, the same for each (such as a class token): their part of dy. */
export const concatRule: ParameterRule = (site) => {
  const {dy, call, outputLabel, batchSize} = site;
  const along = axisOf(call.attrs['axis'], dy.rank);
  let start = 0;
  const contributions: ParameterContribution[] = [];
  for (const input of Object.values(site.node.inputs)) {
    const parameter = site.parameter(input);
    const size = input.shape[along] ?? 0;
    if (parameter !== undefined) {
      const begin = dy.shape.map((_, axis) => (axis === along ? start : 0));
      const own = tf.slice(dy, begin, input.shape);
      contributions.push([parameter, broadcastContribution(own, outputLabel, batchSize, parameter.shape)]);
    }
    start += size;
  }
  return {contributions, gradients: passOn(site)};
};

/** The same where each input becomes one position of a new axis. */
export const packRule: ParameterRule = (site) => {
  const {dy, call, outputLabel, batchSize} = site;
  const along = axisOf(call.attrs['axis'], dy.rank);
  const label = {...outputLabel, axis: outputLabel.axis - (along < outputLabel.axis ? 1 : 0)};
  const contributions = Object.values(site.node.inputs).flatMap((input, i): ParameterContribution[] => {
    const parameter = site.parameter(input);
    if (parameter === undefined) return [];
    const begin = dy.shape.map((_, axis) => (axis === along ? i : 0));
    const own = tf.slice(
      dy,
      begin,
      dy.shape.map((size, axis) => (axis === along ? 1 : size)),
    );
    return [[parameter, broadcastContribution(tf.squeeze(own, [along]), label, batchSize, parameter.shape)]];
  });
  return {contributions, gradients: passOn(site)};
};

function axisOf(value: unknown, rank: number): number {
  const axis = value as number;
  return axis < 0 ? axis + rank : axis;
}
