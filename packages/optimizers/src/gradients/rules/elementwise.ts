import * as tf from '@tensorflow/tfjs-core';

import {passOn, refuse, type ParameterRule, type ParameterSite, type ParameterUse} from './rule.js';
import {broadcastContribution} from './rows.js';

/** What the output's gradient makes of an operand, element by element and before any sum over broadcast axes. */
type OwnGradient = (site: ParameterSite, name: string) => tf.Tensor;

/** The uses of parameters in an operation on single elements, with broadcasting. */
function elementwiseUse(site: ParameterSite, ownGradient: OwnGradient): ParameterUse {
  const {dy, outputLabel, batchSize} = site;
  const contributions = Object.entries(site.node.inputs).flatMap(([name, input]) => {
    const parameter = site.parameter(input);
    if (parameter === undefined) return [];
    const shape = [...new Array<number>(dy.rank - parameter.shape.length).fill(1), ...parameter.shape];
    const own = ownGradient(site, name);
    return [[parameter, broadcastContribution(own, outputLabel, batchSize, shape)] as const];
  });
  return {contributions, gradients: passOn(site)};
}

/** x + b, with broadcasting: the gradient of example i is the sum of dy_i over b's broadcast axes. */
export const addRule: ParameterRule = (site) => elementwiseUse(site, ({dy}) => dy);

/** x - b or b - x. */
export const subtractRule: ParameterRule = (site) =>
  elementwiseUse(site, ({dy}, name) => (name === 'b' ? tf.neg(dy) : dy));

/** x * s: the gradient of example i is the sum of x_i * dy_i. */
export const multiplyRule: ParameterRule = (site) =>
  elementwiseUse(site, ({dy, node}, name) => {
    const other = node.saved?.[name === 'b' ? 0 : 1];
    if (other === undefined) throw new Error('a product without operands');
    return tf.mul(dy, other);
  });

/** Any other: tf.js's own gradient function, on operands broadcast beforehand, so that it sums nothing. */
export const elementwiseRule: ParameterRule = (site) =>
  elementwiseUse(site, ({node, call, dy}, name) => {
    const config = tf.getGradient(call.kernel);
    const names = config.inputsToSave ?? [];
    const saved = (node.saved ?? []).map((tensor, i) =>
      i < names.length ? tf.broadcastTo(tensor, dy.shape) : tensor,
    );
    const gradients = config.gradFunc(dy, saved, call.attrs as tf.NamedAttrMap);
    const gradient = gradients[name];
    if (gradient === undefined) throw new Error(`operation '${call.kernel}' has no gradient of '${name}'`);
    return gradient();
  });

/** Normalisation with given mean and variance: gradients of scale and offset. */
export const normalizationRule: ParameterRule = (site) =>
  elementwiseUse(site, ({node, call, dy}, name) => {
    if (name === 'offset') return dy;
    const [x, mean, variance] = node.saved ?? [];
    if (x === undefined || mean === undefined || variance === undefined)
      throw new Error('a normalisation without statistics');
    const parameter = Object.entries(node.inputs).find(([input]) => input === name)?.[1];
    if (name !== 'scale') {
      const known = parameter && site.parameter(parameter);
      throw known === undefined ? new Error('no parameter') : refuse(site, known, `its ${name} is trained`);
    }
    const deviation = tf.rsqrt(tf.add(variance, call.attrs['varianceEpsilon'] as number));
    return tf.mul(dy, tf.mul(tf.sub(x, mean), deviation));
  });
