import {alignRows, mixing} from '../labels.js';
import {inputNamed, sameRule, type RuleTable, type SeparationRule} from './rule.js';

const UNARY = [
  ...['Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cast', 'Ceil', 'ClipByValue', 'Cos', 'Cosh'],
  ...['Elu', 'Erf', 'Exp', 'Expm1', 'Floor', 'Identity', 'IsFinite', 'IsInf', 'IsNan', 'LeakyRelu', 'Log'],
  ...['Log1p', 'LogicalNot', 'Neg', 'OnesLike', 'Reciprocal', 'Relu', 'Relu6', 'Round', 'Rsqrt', 'Selu'],
  ...['Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Sqrt', 'Square', 'Step', 'Tan', 'Tanh', 'ZerosLike'],
];

const BINARY = [
  ...[
    'Add',
    'AddN',
    'Atan2',
    'BitwiseAnd',
    'Equal',
    'FloorDiv',
    'Greater',
    'GreaterEqual',
    'Less',
    'LessEqual',
  ],
  ...['LogicalAnd', 'LogicalOr', 'LogicalXor', 'Maximum', 'Minimum', 'Mod', 'Multiply', 'NotEqual', 'Pow'],
  ...['Prelu', 'RealDiv', 'SquaredDifference', 'Sub'],
];

const elementwise: SeparationRule = ({inputs, output, batchSize}) => alignRows(inputs, output, batchSize);

/** A condition of rank 1 chooses whole rows of operands of higher rank, so it would not meet them element by element. */
const select: SeparationRule = (site) =>
  site.inputs.every(({tensor}) => tensor.rank === site.output.rank)
    ? elementwise(site)
    : mixing('its condition and its operands have different ranks');

/**
 * Batch normalisation with given statistics: an operation on single elements. The kernels read the smaller operands in
 * cycles, which is broadcasting only where they have the shape of the last axes.
 */
const normalization: SeparationRule = (site) => {
  const x = inputNamed(site, 'x').tensor;
  for (const {name, tensor} of site.inputs) {
    const own = tensor.shape.slice(tensor.shape.findIndex((size) => size !== 1));
    const last = x.shape.slice(x.rank - own.length);
    if (tensor.size !== 1 && !own.every((size, i) => size === last[i]))
      return mixing(`its ${name} is not broadcast along leading axes alone`);
  }
  return elementwise(site);
};

/** Operations on single elements, with broadcasting. */
export const elementwiseRules: RuleTable = {
  ...sameRule([...UNARY, ...BINARY], elementwise),
  FusedBatchNorm: normalization,
  Select: select,
};
