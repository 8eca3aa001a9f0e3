import {
  alignRows,
  batch,
  combinePositional,
  combineShared,
  isBatch,
  isConstantAlong,
  mixing,
  type Label,
  type Mixing,
} from '../labels.js';
import {
  axesOf,
  onExamples,
  onExamplesByPosition,
  sameRule,
  type RuleSite,
  type RuleTable,
  type SeparationRule,
} from './rule.js';

const pad = onExamplesByPosition(({label}, {attrs}) => {
  const [before, after] = (attrs['paddings'] as [number, number][])[label.axis] ?? [0, 0];
  return before === 0 && after === 0 ? label : mixing(`it pads axis ${label.axis}, which holds the examples`);
});

const concat: SeparationRule = ({inputs, attrs, output, batchSize}) => {
  const input = inputs.find(isBatch);
  if (input === undefined) return combinePositional(inputs);
  return axesOf(attrs['axis'], output.rank).includes(input.label.axis)
    ? mixing(`it joins along axis ${input.label.axis}, which holds the examples`)
    : alignRows(inputs, output, batchSize);
};

const pack: SeparationRule = ({inputs, attrs, output, batchSize}) => {
  const [first] = inputs;
  if (first === undefined || !inputs.some(isBatch)) return combinePositional(inputs);
  const label = alignRows(inputs, first.tensor, batchSize);
  if (label.kind !== 'batch') return label;
  const [along = 0] = axesOf(attrs['axis'], output.rank);
  return batch(label.axis + (along <= label.axis ? 1 : 0), label.inner);
};

/** What is repeated is the same along every axis that had a single row; other repetitions tell positions apart. */
function repeatShared({inputs, output}: RuleSite): Label | Mixing {
  const [input] = inputs;
  if (input === undefined) throw new Error('nothing to repeat');
  const offset = output.rank - input.tensor.rank;
  const constant = [...output.shape.keys()].filter((axis) => isConstantAlong(input, axis - offset));
  const repeatsRows = input.tensor.shape.some((size, own) => size > 1 && output.shape[own + offset] !== size);
  return repeatsRows && !(input.label.kind === 'public' && input.label.rows === 'uniform')
    ? combinePositional(inputs, constant)
    : combineShared(inputs, constant);
}

const repeatExamples = onExamples(({tensor, label}, {output}) => {
  const axis = label.axis + output.rank - tensor.rank;
  return output.shape[axis] === tensor.shape[label.axis]
    ? batch(axis, label.inner)
    : mixing(`it repeats axis ${label.axis}, which holds the examples`);
});

const repeat: SeparationRule = (site) =>
  site.inputs.some(isBatch) ? repeatExamples(site) : repeatShared(site);

/** Operations that put tensors side by side, or repeat or pad them. */
export const joinRules: RuleTable = {
  ...sameRule(['MirrorPad', 'PadV2'], pad),
  ...sameRule(['BroadcastTo', 'Tile'], repeat),
  Concat: concat,
  Pack: pack,
};
