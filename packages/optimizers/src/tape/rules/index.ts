import {elementwiseRules} from './elementwise.js';
import {joinRules} from './join.js';
import {partRules} from './part.js';
import {productRules} from './product.js';
import {recurrentRules} from './recurrent.js';
import {reductionRules} from './reduction.js';
import type {RuleTable} from './rule.js';
import {shapeRules} from './shape.js';
import {sourceRules} from './source.js';
import {windowRules} from './window.js';

/** Every kernel whose separation of examples is understood; anything else is refused by name. */
export const separationRules: RuleTable = {
  ...elementwiseRules,
  ...joinRules,
  ...partRules,
  ...productRules,
  ...recurrentRules,
  ...reductionRules,
  ...shapeRules,
  ...sourceRules,
  ...windowRules,
};
