import {sameRule, type RuleTable} from './rule.js';

/** Operations that make values out of nothing. */
export const sourceRules: RuleTable = {
  Fill: () => ({kind: 'public', rows: 'uniform'}),
  ...sameRule(['LinSpace', 'Range'], () => ({kind: 'public', rows: 'positional'})),
};
