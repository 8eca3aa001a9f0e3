import * as tf from '@tensorflow/tfjs-core';
import {lstmGateGradient, lstmStatesBefore} from '@dp/kernels/on-demand';

import {exampleRows} from './rows.js';
import {nodeInput, refuse, savedTensor, type ParameterContribution, type ParameterRule} from './rule.js';

/**
 * An LSTM layer as one kernel: with dz, the gradient of the gates before their activation, the kernel's gradient is x^T dz,
 * the recurrent kernel's h^T dz with the state h that each step began with, and the bias's the sum of dz over steps.
 */
export const lstmRule: ParameterRule = (site) => {
  const {batchSize, outputLabel, node, call} = site;
  const saved = [0, 1, 2, 3, 4, 5].map((i) => savedTensor(site, i)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const [x, kernel, , out] = saved;
  const dz = lstmGateGradient(site.dy, saved, call.attrs as tf.NamedAttrMap);
  const rows = (tensor: tf.Tensor) => exampleRows(tensor, outputLabel, batchSize, tensor.shape.at(-1) ?? 1);
  const dy = rows(dz);
  const contributions: ParameterContribution[] = [];
  const add = (name: string, contribution: () => ParameterContribution[1]): void => {
    const input = node.inputs[name];
    const parameter = input && site.parameter(input);
    if (parameter === undefined) return;
    if (!tf.util.arraysEqual([...parameter.shape], input?.shape ?? []))
      throw refuse(site, parameter, 'the same values are repeated in it');
    contributions.push([parameter, contribution()]);
  };
  add('kernel', () => ({kind: 'dense', x: rows(x), dy}));
  add('recurrentKernel', () => ({kind: 'dense', x: rows(lstmStatesBefore(out)), dy}));
  add('bias', () => ({kind: 'sum', dy}));
  const input = nodeInput(site, 'x');
  const passed = () =>
    tf.reshape(tf.matMul(tf.reshape(dz, [-1, dz.shape.at(-1) ?? 1]), kernel, false, true), x.shape);
  return {
    contributions,
    gradients: site.wanted(input) && site.label(input).kind !== 'parameter' ? [[input, passed()]] : [],
  };
};
