import {addRule, elementwiseRule, multiplyRule, normalizationRule, subtractRule} from './elementwise.js';
import {gatherRule} from './embedding.js';
import {concatRule, packRule} from './join.js';
import {fusedMatMulRule, matMulRule} from './product.js';
import {recurrentRules} from './recurrent.js';
import type {ParameterRule} from './rule.js';
import {
  conv2dRule,
  conv2dTransposeRule,
  conv3dRule,
  depthwiseConv2dRule,
  fusedConv2dRule,
  fusedDepthwiseConv2dRule,
} from './window.js';

const ELEMENTWISE = [
  ...['Atan2', 'Maximum', 'Minimum', 'Mod', 'Pow', 'Prelu', 'RealDiv', 'Select', 'SquaredDifference'],
];

/** How a parameter's per-example gradient is formed, by the kernel that used the parameter. */
export const parameterRules: Readonly<Record<string, ParameterRule>> = {
  ...Object.fromEntries(ELEMENTWISE.map((kernel) => [kernel, elementwiseRule])),
  Add: addRule,
  AddN: addRule,
  BatchMatMul: matMulRule,
  Concat: concatRule,
  Conv2D: conv2dRule,
  Conv2DBackpropInput: conv2dTransposeRule,
  Conv3D: conv3dRule,
  DepthwiseConv2dNative: depthwiseConv2dRule,
  FusedBatchNorm: normalizationRule,
  FusedConv2D: fusedConv2dRule,
  FusedDepthwiseConv2D: fusedDepthwiseConv2dRule,
  GatherV2: gatherRule,
  Multiply: multiplyRule,
  Pack: packRule,
  Sub: subtractRule,
  _FusedMatMul: fusedMatMulRule,
  ...recurrentRules,
};

/** Operations whose gradient tf.js writes by hand: their node on the tape bears the name of the operation around. */
export const FUSED: ReadonlySet<string> = new Set(['FusedConv2D', 'FusedDepthwiseConv2D', '_FusedMatMul']);
