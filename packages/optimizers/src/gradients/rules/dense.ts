import * as tf from '@tensorflow/tfjs-core';

import {biasContribution} from './bias.js';
import {
  passOn,
  perExampleRows,
  refuse,
  type ParameterRule,
  type ParameterSite,
  type ParameterUse,
} from './rule.js';

/** Products `a · W` of rows with a parameter: the gradient of example i is x_i^T dy_i, summed over its rows. */
export const matMulRule: ParameterRule = (site) => {
  const {a, b} = site.node.inputs;
  const [savedA] = site.node.saved ?? [];
  if (a === undefined || b === undefined || savedA === undefined) throw new Error('matMul without operands');
  return {contributions: [weight(site, a, b, savedA)].flat(), gradients: passOn(site, ['a'])};
};

/** The fused product, with its bias: tf.js computes all its gradients at once, so we form the input's ourselves. */
export const fusedMatMulRule: ParameterRule = (site) => {
  const {'0': a, '1': b, '2': bias} = site.node.inputs;
  const [savedA, savedB] = site.node.saved ?? [];
  if (a === undefined || b === undefined || savedA === undefined || savedB === undefined) {
    throw new Error('fused matMul without operands');
  }
  const contributions: ParameterUse['contributions'][number][] = [];
  if (site.wanted(b)) contributions.push(...weight(site, a, b, savedA));
  const biasVariable = bias === undefined ? undefined : site.variable(bias);
  if (bias !== undefined && biasVariable !== undefined && site.wanted(bias)) {
    contributions.push([biasVariable, biasContribution(site, biasVariable, bias, site.dy)]);
  }
  const rows = savedA.shape.slice(0, -1);
  const gradients = site.wanted(a)
    ? [
        [
          a,
          tf.reshape(
            tf.matMul(
              tf.reshape(site.dy, [-1, site.dy.shape.at(-1) ?? 1]),
              tf.reshape(savedB, savedB.shape.slice(-2) as [number, number]),
              false,
              site.call.attrs['transposeB'] !== true,
            ),
            [...rows, savedA.shape.at(-1) ?? 1],
          ),
        ] as const,
      ]
    : [];
  return {contributions, gradients};
};

function weight(
  site: ParameterSite,
  a: tf.Tensor,
  b: tf.Tensor,
  savedA: tf.Tensor,
): ParameterUse['contributions'] {
  const variable = site.variable(b) ?? site.variable(a);
  if (variable === undefined) throw new Error('no parameter operand');
  if (site.variable(b) === undefined)
    throw refuse(site, variable, 'the parameter must be the second operand');
  if (site.call.attrs['transposeA'] === true) throw refuse(site, variable, 'the first operand is transposed');
  const columns = savedA.shape.at(-1) ?? 1;
  const units = site.dy.shape.at(-1) ?? 1;
  if (columns * units !== variable.size) throw refuse(site, variable, 'a stack of matrices is multiplied');
  const output = site.node.outputs[0] ?? site.dy;
  const x = perExampleRows(site, savedA, site.label(a), columns);
  const dy = perExampleRows(site, site.dy, site.label(output), units);
  if (x === undefined || dy === undefined)
    throw refuse(site, variable, 'the examples are not on the outermost axis');
  const transposed = site.call.attrs['transposeB'] === true;
  return [[variable, transposed ? {kind: 'dense', x: dy, dy: x} : {kind: 'dense', x, dy}]];
}
