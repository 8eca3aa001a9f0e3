import * as tf from '@tensorflow/tfjs-core';
import {RECURRENT_SEQUENCES, type Contribution, type RecurrentSequence} from '@dp/kernels/on-demand';

import {splitGradient} from '../part_of_parameter.js';
import {exampleRows} from './rows.js';
import {nodeInput, refuse, savedTensor, type ParameterContribution, type ParameterRule} from './rule.js';

/**
 * A recurrent layer as one kernel: with dz, the gradient of the gates before their activation, the kernel's gradient is x^T dz,
 * the recurrent kernel's h^T dz with what it was multiplied by at each step, gate by gate, and the bias's the sum of dz over
 * steps.
 */
const sequenceRule =
  ({gateGradient, recurrentInputs}: RecurrentSequence): ParameterRule =>
  (site) => {
    const {batchSize, outputLabel, node, call} = site;
    const saved = [0, 1, 2, 3, 4, 5].map((i) => savedTensor(site, i));
    const [x, kernel] = saved as [tf.Tensor, tf.Tensor];
    const dz = gateGradient(site.dy, saved, call.attrs as tf.NamedAttrMap);
    const rows = (tensor: tf.Tensor) => exampleRows(tensor, outputLabel, batchSize, tensor.shape.at(-1) ?? 1);
    const dy = rows(dz);
    const contributions: ParameterContribution[] = [];
    const add = (name: string, made: (shape: readonly number[]) => readonly Contribution[]): void => {
      const input = node.inputs[name];
      const parameter = input && site.parameter(input);
      if (parameter === undefined) return;
      if (!tf.util.arraysEqual([...parameter.shape], input?.shape ?? []))
        throw refuse(site, parameter, 'the same values are repeated in it');
      for (const contribution of made(parameter.shape)) contributions.push([parameter, contribution]);
    };
    add('kernel', () => [{kind: 'dense', x: rows(x), dy}]);
    add('recurrentKernel', (input) => {
      const [units = 0] = input;
      const parts = recurrentInputs(saved);
      const outputs = parts.map(({gates}) => [units, gates * units]);
      const dys = tf.split(
        dy,
        outputs.map(([, columns = 0]) => columns),
        -1,
      );
      const uses = parts.map(({states}, i): Contribution[] => [
        {kind: 'dense', x: rows(states), dy: dys[i] as tf.Tensor},
      ]);
      return splitGradient(uses, {input, outputs, axis: 1}, batchSize, 'recurrentKernel');
    });
    add('bias', () => [{kind: 'sum', dy}]);
    const input = nodeInput(site, 'x');
    const passed = () =>
      tf.reshape(tf.matMul(tf.reshape(dz, [-1, dz.shape.at(-1) ?? 1]), kernel, false, true), x.shape);
    return {
      contributions,
      gradients: site.wanted(input) && site.label(input).kind !== 'parameter' ? [[input, passed()]] : [],
    };
  };

/** For every kernel that is a whole recurrent layer. */
export const recurrentRules: Readonly<Record<string, ParameterRule>> = Object.fromEntries(
  Object.entries(RECURRENT_SEQUENCES).map(([kernel, sequence]) => [kernel, sequenceRule(sequence)]),
);
