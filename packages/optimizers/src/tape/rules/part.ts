import {batch, combineShared, isBatch, mixing} from '../labels.js';
import {
  axesOf,
  inputNamed,
  onExamples,
  onExamplesByPosition,
  sameRule,
  type RuleTable,
  type SeparationRule,
} from './rule.js';

const slice = onExamples(({tensor, label}, {output}) =>
  output.shape[label.axis] === tensor.shape[label.axis]
    ? label
    : mixing(`it takes a part of axis ${label.axis}, which holds the examples`),
);

const MASKS = ['beginMask', 'endMask', 'ellipsisMask', 'newAxisMask', 'shrinkAxisMask'];

/** Understood where no mask changes the meaning of an axis, and the axis of the examples is taken whole and in order. */
const stridedSlice = onExamples(({tensor, label}, {attrs, output}) => {
  if (MASKS.some((mask) => (attrs[mask] ?? 0) !== 0) || output.rank !== tensor.rank)
    return mixing('its masks are not understood');
  const stride = (attrs['strides'] as number[])[label.axis] ?? 1;
  return stride === 1 && output.shape[label.axis] === tensor.shape[label.axis]
    ? label
    : mixing(`it takes a part of axis ${label.axis}, which holds the examples`);
});

const split = onExamples(({tensor, label}, {attrs}) =>
  axesOf(attrs['axis'], tensor.rank).includes(label.axis)
    ? mixing(`it splits axis ${label.axis}, which holds the examples`)
    : label,
);

const unpack = onExamples(({tensor, label}, {attrs}) => {
  const [along = 0] = axesOf(attrs['axis'], tensor.rank);
  return along === label.axis
    ? mixing(`it takes axis ${label.axis} apart, which holds the examples`)
    : batch(label.axis - (along < label.axis ? 1 : 0), label.inner);
});

const reverse = onExamples(({tensor, label}, {attrs}) =>
  axesOf(attrs['dims'], tensor.rank).includes(label.axis)
    ? mixing(`it reverses axis ${label.axis}, which holds the examples`)
    : label,
);

/**
 * Rows of a table by index. The table may be shared and the indices each example's own (an embedding), or the table
 * each example's own and the indices shared; both only where each example looks into its own rows (`batchDims`).
 */
const gather: SeparationRule = (site) => {
  const table = inputNamed(site, 'x');
  const indices = inputNamed(site, 'indices');
  const [along = 0] = axesOf(site.attrs['axis'] ?? 0, table.tensor.rank);
  const batchDims = (site.attrs['batchDims'] as number | undefined) ?? 0;
  if (!isBatch(table) && !isBatch(indices)) return combineShared(site.inputs);
  if (batchDims !== 0) {
    return isBatch(table) &&
      isBatch(indices) &&
      table.label.axis === indices.label.axis &&
      table.label.inner === indices.label.inner &&
      table.label.axis < batchDims
      ? table.label
      : mixing('its tables and indices do not hold the examples at the same leading axis');
  }
  if (isBatch(table) && isBatch(indices))
    return mixing('both its table and its indices hold examples, so that every example meets every other');
  if (isBatch(indices)) return batch(along + indices.label.axis, indices.label.inner);
  if (!isBatch(table)) throw new Error('no batch operand');
  const {axis, inner} = table.label;
  if (axis === along) return mixing(`it picks from axis ${axis}, which holds the examples`);
  return batch(axis < along ? axis : axis + indices.tensor.rank - 1, inner);
};

const topK = onExamples(({tensor, label}) =>
  label.axis === tensor.rank - 1 ? mixing(`it sorts axis ${label.axis}, which holds the examples`) : label,
);

/** The classes become a new last axis. */
const oneHot = onExamplesByPosition(({label}) => label);

/** Operations that pick or reorder elements along some axes: allowed on every axis but that of the examples. */
export const partRules: RuleTable = {
  ...sameRule(['Slice'], slice),
  GatherV2: gather,
  OneHot: oneHot,
  Reverse: reverse,
  SplitV: split,
  StridedSlice: stridedSlice,
  TopK: topK,
  Unpack: unpack,
};
