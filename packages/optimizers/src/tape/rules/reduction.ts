import {batch, combineShared, isBatch, mixing} from '../labels.js';
import {axesOf, sameRule, type RuleTable, type SeparationRule} from './rule.js';

const reduction: SeparationRule = ({inputs, attrs}) => {
  const input = inputs.find(isBatch);
  if (input === undefined) return combineShared(inputs);
  const {axis, inner} = input.label;
  const axes = axesOf(attrs['axis'] ?? attrs['reductionIndices'], input.tensor.rank);
  if (axes.includes(axis)) return mixing(`it reduces over axis ${axis}, which holds the examples`);
  const before = attrs['keepDims'] === true ? 0 : axes.filter((reduced) => reduced < axis).length;
  return batch(axis - before, inner);
};

const alongAxis: SeparationRule = ({inputs, attrs}) => {
  const input = inputs.find(isBatch);
  if (input === undefined) return combineShared(inputs);
  const [along] = axesOf(attrs['dim'] ?? attrs['axis'] ?? -1, input.tensor.rank);
  return along === input.label.axis
    ? mixing(`it works along axis ${input.label.axis}, which holds the examples`)
    : input.label;
};

/** Operations that join the elements of some axes: allowed on every axis but that of the examples. */
export const reductionRules: RuleTable = {
  ...sameRule(['All', 'Any', 'ArgMax', 'ArgMin', 'Max', 'Mean', 'Min', 'Prod', 'Sum'], reduction),
  ...sameRule(['Cumprod', 'Cumsum', 'LogSoftmax', 'Softmax'], alongAxis),
};
