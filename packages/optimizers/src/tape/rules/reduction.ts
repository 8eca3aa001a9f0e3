import {batch, mixing} from '../labels.js';
import {
  axesOf,
  onExamples,
  onExamplesByPosition,
  sameRule,
  type BatchInput,
  type RuleSite,
  type RuleTable,
} from './rule.js';

const reduction = onExamples(({tensor, label: {axis, inner}}, {attrs}) => {
  const axes = axesOf(attrs['axis'] ?? attrs['reductionIndices'], tensor.rank);
  if (axes.includes(axis)) return mixing(`it reduces over axis ${axis}, which holds the examples`);
  const before = attrs['keepDims'] === true ? 0 : axes.filter((reduced) => reduced < axis).length;
  return batch(axis - before, inner);
});

const along = ({tensor, label}: BatchInput, {attrs}: RuleSite) => {
  const [axis] = axesOf(attrs['dim'] ?? attrs['axis'] ?? -1, tensor.rank);
  return axis === label.axis ? mixing(`it works along axis ${label.axis}, which holds the examples`) : label;
};

/** Operations that join the elements of some axes: allowed on every axis but that of the examples. */
export const reductionRules: RuleTable = {
  ...sameRule(['All', 'Any', 'ArgMax', 'ArgMin', 'Max', 'Mean', 'Min', 'Prod', 'Sum'], reduction),
  ...sameRule(['LogSoftmax', 'Softmax'], onExamples(along)),
  ...sameRule(['Cumprod', 'Cumsum'], onExamplesByPosition(along)),
};
