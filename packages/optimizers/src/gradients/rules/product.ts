import * as tf from '@tensorflow/tfjs-core';

import type {BatchLabel} from '../../tape/labels.js';
import type {Parameter} from '../parameters.js';
import {broadcastContribution, exampleRows, examplesFirst, without} from './rows.js';
import {
  nodeInput,
  passOn,
  refuse,
  savedTensor,
  type ParameterContribution,
  type ParameterRule,
  type ParameterSite,
} from './rule.js';
import {addedBias} from './window.js';

/** Products of matrices, one of which is a parameter: the gradient of example i is x_i^T dy_i, summed over its rows. */
export const matMulRule: ParameterRule = (site) => ({
  contributions: factors(site, 'a', 'b'),
  gradients: passOn(site),
});

/** The fused product, with its bias: tf.js computes all its gradients at once, so we form the input's ourselves. */
export const fusedMatMulRule: ParameterRule = (site) => {
  const {attrs} = site.call;
  const [a, b] = [nodeInput(site, '0'), nodeInput(site, '1')];
  const [savedA, savedB] = [savedTensor(site, 0), savedTensor(site, 1)];
  const transposeA = attrs['transposeA'] === true;
  const transposeB = attrs['transposeB'] === true;
  const dy = tf.reshape(site.dy, savedTensor(site, 2).shape);
  const ofA = () =>
    transposeA ? tf.matMul(savedB, dy, transposeB, true) : tf.matMul(dy, savedB, false, !transposeB);
  const ofB = () =>
    transposeB ? tf.matMul(dy, savedA, true, transposeA) : tf.matMul(savedA, dy, !transposeA, false);
  const passed = (input: tf.Tensor, gradient: () => tf.Tensor) =>
    site.wanted(input) && site.label(input).kind !== 'parameter' ? [[input, gradient()] as const] : [];
  return {
    contributions: [...factors(site, '0', '1'), ...addedBias(site, '2')],
    gradients: [...passed(a, ofA), ...passed(b, ofB)],
  };
};

function factors(site: ParameterSite, nameA: string, nameB: string): ParameterContribution[] {
  const {attrs} = site.call;
  const [a, b] = [nodeInput(site, nameA), nodeInput(site, nameB)];
  const transposeA = attrs['transposeA'] === true;
  const transposeB = attrs['transposeB'] === true;
  const dy = tf.reshape(site.dy, productShape(site, a, b));
  const label = relabel(site.outputLabel, site.dy.shape, dy.shape, site.batchSize);
  const [parameterA, parameterB] = [site.parameter(a), site.parameter(b)];
  if (parameterB !== undefined) {
    const x = oriented(savedTensor(site, 0), transposeA);
    const contributions: ParameterContribution[] = [
      [parameterB, factor(site, parameterB, x, dy, label, transposeB)],
    ];
    // Rows that are all the same, one an example.
    if (parameterA !== undefined) {
      if (transposeA) throw refuse(site, parameterA, 'it is transposed and repeated for every example');
      const own = tf.matMul(dy, savedTensor(site, 1), false, !transposeB);
      contributions.push([
        parameterA,
        broadcastContribution(own, label, site.batchSize, alignedWith(own, parameterA)),
      ]);
    }
    return contributions;
  }
  if (parameterA !== undefined) {
    // The transposed product has the parameter as its second factor.
    const flipped = label.axis >= dy.rank - 2 ? {...label, axis: 2 * dy.rank - 3 - label.axis} : label;
    const x = oriented(savedTensor(site, 1), !transposeB);
    return [[parameterA, factor(site, parameterA, x, oriented(dy, true), flipped, !transposeA)]];
  }
  return [];
}

/** Shape of the product as the kernel made it: the fused one flattens leading axes, and its result is reshaped. */
function productShape(site: ParameterSite, a: tf.Tensor, b: tf.Tensor): number[] {
  const {attrs} = site.call;
  const rank = Math.max(a.rank, b.rank);
  const lead = Array.from({length: rank - 2}, (_, i) =>
    Math.max(a.shape[i - (rank - a.rank)] ?? 1, b.shape[i - (rank - b.rank)] ?? 1),
  );
  const rows = a.shape[a.rank - (attrs['transposeA'] === true ? 1 : 2)] ?? 1;
  const columns = b.shape[b.rank - (attrs['transposeB'] === true ? 2 : 1)] ?? 1;
  return [...lead, rows, columns];
}

/** Where the examples are in dy seen in another shape. */
function relabel(
  label: BatchLabel,
  from: readonly number[],
  to: readonly number[],
  batchSize: number,
): BatchLabel {
  const prefix = (shape: readonly number[], axis: number) =>
    shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const outer = prefix(from, label.axis);
  const axis = to.findIndex(
    (size, j) => prefix(to, j) === outer && size % batchSize === 0 && size >= batchSize,
  );
  return {kind: 'batch', axis, inner: (to[axis] ?? 0) / batchSize};
}

/** The gradient of P in Y = X P, or of its transpose, with X and dY of shape [..., rows, columns]. */
function factor(
  {batchSize}: ParameterSite,
  {shape}: Pick<Parameter, 'shape'>,
  x: tf.Tensor,
  dy: tf.Tensor,
  label: BatchLabel,
  transposed: boolean,
): ParameterContribution[1] {
  const lead = dy.shape.slice(0, -2);
  const columns = x.shape.at(-1) ?? 1;
  const wide = [...lead, x.shape.at(-2) ?? 1, columns];
  const aligned = alignedWith(dy, {shape});
  const full =
    x.rank === dy.rank && x.shape.every((size, axis) => size === wide[axis]) ? x : tf.broadcastTo(x, wide);
  if (aligned.slice(0, -2).every((size) => size === 1)) {
    const rows = exampleRows(full, label, batchSize, columns);
    const dys = exampleRows(dy, label, batchSize, dy.shape.at(-1) ?? 1);
    return transposed ? {kind: 'dense', x: dys, dy: rows} : {kind: 'dense', x: rows, dy: dys};
  }
  // A stack of matrices: each is formed for each example.
  const inStack = label.axis < dy.rank - 2;
  const leading = inStack ? without(aligned.slice(0, -2), label.axis) : aligned.slice(0, -2);
  const stack = (tensor: tf.Tensor): tf.Tensor => {
    const rows = examplesFirst(tensor, label, batchSize);
    if (inStack) return rows;
    const axes = [...rows.shape.keys()];
    return tf.transpose(rows, [0, ...axes.slice(2, -1), 1, axes.length - 1]);
  };
  const [xs, dys] = [stack(full), stack(dy)];
  const products = transposed ? tf.matMul(dys, xs, true, false) : tf.matMul(xs, dys, true, false);
  const offset = inStack ? 2 : 1;
  const repeated = [
    ...(inStack ? [1] : []),
    ...leading.flatMap((size, i) => (size === 1 ? [i + offset] : [])),
  ];
  const gradient = repeated.length === 0 ? products : tf.sum(products, repeated);
  return {kind: 'sum', dy: tf.reshape(gradient, [batchSize, 1, gradient.size / batchSize])};
}

/** A parameter's shape with leading ones, as broadcasting has it. */
function alignedWith(tensor: tf.Tensor, {shape}: Pick<Parameter, 'shape'>): number[] {
  return [...new Array<number>(tensor.rank - shape.length).fill(1), ...shape];
}

function oriented(tensor: tf.Tensor, transposed: boolean): tf.Tensor {
  if (!transposed) return tensor;
  const axes = [...tensor.shape.keys()];
  return tf.transpose(tensor, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
