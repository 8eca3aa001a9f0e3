import {addRule, multiplyRule, subtractRule} from './bias.js';
import {conv2dRule, fusedConv2dRule} from './conv2d.js';
import {fusedMatMulRule, matMulRule} from './dense.js';
import type {ParameterRule} from './rule.js';

/** How a parameter's per-example gradient is formed, by the kernel that used the parameter. */
export const parameterRules: Readonly<Record<string, ParameterRule>> = {
  Add: addRule,
  BatchMatMul: matMulRule,
  Conv2D: conv2dRule,
  FusedConv2D: fusedConv2dRule,
  Multiply: multiplyRule,
  Sub: subtractRule,
  _FusedMatMul: fusedMatMulRule,
};
