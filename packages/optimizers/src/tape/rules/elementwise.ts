import {alignRows} from '../labels.js';
import {sameRule, type RuleTable} from './rule.js';

const UNARY = [
  ...[
    'Abs',
    'Acos',
    'Acosh',
    'Asin',
    'Asinh',
    'Atan',
    'Atanh',
    'Cast',
    'Ceil',
    'ClipByValue',
    'Cos',
    'Cosh',
    'Elu',
  ],
  ...[
    'Erf',
    'Exp',
    'Expm1',
    'Floor',
    'Identity',
    'IsFinite',
    'IsInf',
    'IsNan',
    'LeakyRelu',
    'Log',
    'Log1p',
    'LogicalNot',
  ],
  ...[
    'Neg',
    'OnesLike',
    'Reciprocal',
    'Relu',
    'Relu6',
    'Round',
    'Rsqrt',
    'Selu',
    'Sigmoid',
    'Sign',
    'Sin',
    'Sinh',
  ],
  ...['Softplus', 'Sqrt', 'Square', 'Step', 'Tan', 'Tanh', 'ZerosLike'],
];

const BINARY = [
  ...[
    'Add',
    'AddN',
    'Atan2',
    'Equal',
    'FloorDiv',
    'Greater',
    'GreaterEqual',
    'Less',
    'LessEqual',
    'LogicalAnd',
  ],
  ...['LogicalOr', 'Maximum', 'Minimum', 'Mod', 'Multiply', 'NotEqual', 'Pow', 'Prelu', 'RealDiv', 'Select'],
  ...['SquaredDifference', 'Sub'],
];

/** Operations on single elements, with broadcasting. */
export const elementwiseRules: RuleTable = sameRule([...UNARY, ...BINARY], ({inputs, output, batchSize}) =>
  alignRows(inputs, output, batchSize),
);
