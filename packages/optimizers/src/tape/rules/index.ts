import {elementwiseRules} from './elementwise.js';
import {productRules} from './product.js';
import {reductionRules} from './reduction.js';
import type {RuleTable} from './rule.js';
import {shapeRules} from './shape.js';
import {sourceRules} from './source.js';

/** Every kernel whose separation of examples is understood; anything else is refused by name. */
export const separationRules: RuleTable = {
  ...elementwiseRules,
  ...productRules,
  ...reductionRules,
  ...shapeRules,
  ...sourceRules,
};
