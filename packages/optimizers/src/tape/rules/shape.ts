import type * as tf from '@tensorflow/tfjs-core';

import {batch, combineShared, isConstantAlong, mixing, type Labelled} from '../labels.js';
import {onExamples, sameRule, type RuleTable, type SeparationRule} from './rule.js';

/** Number of elements in front of `axis`. */
function prefix(shape: readonly number[], axis: number): number {
  return shape.slice(0, axis).reduce((product, size) => product * size, 1);
}

/** A reshape keeps the examples apart if their axis stays the outermost factor of the output axis it lands in. */
const reshapeExamples = onExamples(({tensor, label}, {output, batchSize}) => {
  const outer = prefix(tensor.shape, label.axis);
  const axis = output.shape.findIndex(
    (size, j) =>
      prefix(output.shape, j) === outer && size % Math.max(batchSize, 1) === 0 && size >= batchSize,
  );
  const size = output.shape[axis];
  if (size === undefined) {
    return mixing(
      `it reshapes [${tensor.shape.join(', ')}] to [${output.shape.join(', ')}], which splits the axis of the examples`,
    );
  }
  return batch(axis, batchSize === 0 ? label.inner : size / batchSize);
});

const reshape: SeparationRule = (site) => {
  const [input] = site.inputs;
  return input === undefined || input.label.kind === 'batch'
    ? reshapeExamples(site)
    : combineShared(site.inputs, keptConstant(input, site.output));
};

/** Axes of a reshaped tensor that are an axis of the original, along which it is the same. */
function keptConstant(input: Labelled, output: tf.Tensor): number[] {
  return [...output.shape.keys()].filter((axis) =>
    input.tensor.shape.some(
      (size, own) =>
        size === output.shape[axis] &&
        prefix(input.tensor.shape, own) === prefix(output.shape, axis) &&
        isConstantAlong(input, own),
    ),
  );
}

const transpose: SeparationRule = ({inputs, attrs}) => {
  const perm = attrs['perm'] as number[];
  const [input] = inputs;
  if (input?.label.kind === 'batch') return batch(perm.indexOf(input.label.axis), input.label.inner);
  const constant = perm.flatMap((own, axis) =>
    input !== undefined && isConstantAlong(input, own) ? [axis] : [],
  );
  return combineShared(inputs, constant);
};

/** Operations that show the same elements in another shape or order of axes. */
export const shapeRules: RuleTable = {
  ...sameRule(['ExpandDims', 'Reshape'], reshape),
  Transpose: transpose,
};
