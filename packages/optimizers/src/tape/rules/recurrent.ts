import {RECURRENT_SEQUENCES} from '@dp/kernels/on-demand';

import {combinePositional, isBatch, mixing} from '../labels.js';
import {inputNamed, type RuleTable, type SeparationRule} from './rule.js';

/** A recurrent layer of shared weights: sequences x [B, T, K] lie along axis 0, and no step of one meets another. */
const sequences: SeparationRule = (site) => {
  const x = inputNamed(site, 'x');
  const shared = site.inputs.filter((input) => input !== x);
  const own = shared.find(isBatch);
  if (own !== undefined) return mixing(`its ${own.name} depends on the examples`);
  if (!isBatch(x)) return combinePositional(site.inputs);
  return x.label.axis === 0
    ? x.label
    : mixing(`it recurs or sums over axis ${x.label.axis}, which holds the examples`);
};

/** Whole recurrent layers as one kernel. */
export const recurrentRules: RuleTable = Object.fromEntries(
  Object.keys(RECURRENT_SEQUENCES).map((kernel) => [kernel, sequences]),
);
