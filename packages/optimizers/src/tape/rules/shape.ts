import {alignRows, batch, combineShared, isBatch, mixing} from '../labels.js';
import {axesOf, sameRule, type RuleTable, type SeparationRule} from './rule.js';

/** Number of elements in front of `axis`. */
function prefix(shape: readonly number[], axis: number): number {
  return shape.slice(0, axis).reduce((product, size) => product * size, 1);
}

/** A reshape keeps the examples apart if their axis stays the outermost factor of the output axis it lands in. */
const reshape: SeparationRule = ({inputs, output, batchSize}) => {
  const input = inputs.find(isBatch);
  if (input === undefined) return combineShared(inputs);
  const outer = prefix(input.tensor.shape, input.label.axis);
  const axis = output.shape.findIndex(
    (size, j) =>
      prefix(output.shape, j) === outer && size % Math.max(batchSize, 1) === 0 && size >= batchSize,
  );
  const size = output.shape[axis];
  if (size === undefined) {
    return mixing(
      `it reshapes [${input.tensor.shape.join(', ')}] to [${output.shape.join(', ')}], which splits the axis of the examples`,
    );
  }
  return batch(axis, batchSize === 0 ? input.label.inner : size / batchSize);
};

const transpose: SeparationRule = ({inputs, attrs}) => {
  const input = inputs.find(isBatch);
  if (input === undefined) return combineShared(inputs);
  return batch((attrs['perm'] as number[]).indexOf(input.label.axis), input.label.inner);
};

const pad: SeparationRule = ({inputs, attrs}) => {
  const input = inputs.find(isBatch);
  if (input === undefined) return combineShared(inputs);
  const [before, after] = (attrs['paddings'] as [number, number][])[input.label.axis] ?? [0, 0];
  return before === 0 && after === 0
    ? input.label
    : mixing(`it pads axis ${input.label.axis}, which holds the examples`);
};

const slice: SeparationRule = ({inputs, output}) => {
  const input = inputs.find(isBatch);
  if (input === undefined) return combineShared(inputs);
  const {axis} = input.label;
  return output.shape[axis] === input.tensor.shape[axis]
    ? input.label
    : mixing(`it takes a part of axis ${axis}, which holds the examples`);
};

const tile: SeparationRule = ({inputs, attrs}) => {
  const input = inputs.find(isBatch);
  if (input === undefined) return combineShared(inputs);
  return (attrs['reps'] as number[])[input.label.axis] === 1
    ? input.label
    : mixing(`it repeats axis ${input.label.axis}, which holds the examples`);
};

const concat: SeparationRule = ({inputs, attrs, output, batchSize}) => {
  const input = inputs.find(isBatch);
  return input !== undefined && axesOf(attrs['axis'], output.rank).includes(input.label.axis)
    ? mixing(`it joins along axis ${input.label.axis}, which holds the examples`)
    : alignRows(inputs, output, batchSize);
};

/** The classes become a new last axis. */
const oneHot: SeparationRule = ({inputs}) => inputs.find(isBatch)?.label ?? combineShared(inputs);

/** Operations that move elements without combining them. */
export const shapeRules: RuleTable = {
  ...sameRule(['ExpandDims', 'Reshape'], reshape),
  ...sameRule(['MirrorPad', 'PadV2'], pad),
  Concat: concat,
  OneHot: oneHot,
  Slice: slice,
  Tile: tile,
  Transpose: transpose,
};
