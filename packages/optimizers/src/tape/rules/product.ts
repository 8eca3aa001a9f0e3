import {batch, combineShared, isBatch, mixing, type Label, type Labelled, type Mixing} from '../labels.js';
import {inputNamed, sameRule, type RuleSite, type RuleTable, type SeparationRule} from './rule.js';

/** Where the examples of one matrix operand land in the product, or why they cannot be kept apart. */
function operandAxis(operand: Labelled, side: 'a' | 'b', transposed: boolean, rank: number): number | Mixing {
  if (operand.label.kind !== 'batch') throw new Error('not a batch operand');
  const {axis} = operand.label;
  const own = operand.tensor.rank;
  if (axis < own - 2) return axis + rank - own;
  const isRow = axis === own - 2;
  const kept = side === 'a' ? isRow !== transposed : isRow === transposed;
  if (!kept) return mixing(`it sums over axis ${axis} of '${operand.name}', which holds the examples`);
  return side === 'a' ? rank - 2 : rank - 1;
}

const matMul: SeparationRule = (site) => {
  const a = inputNamed(site, 'a');
  const b = inputNamed(site, 'b');
  const {rank} = site.output;
  const label = productLabel(a, b, site, rank);
  if (label.kind !== 'batch') return label;
  return additions(site, label);
};

function productLabel(
  a: Labelled,
  b: Labelled,
  {attrs, output, batchSize}: RuleSite,
  rank: number,
): Label | Mixing {
  if (!isBatch(a) && !isBatch(b)) return combineShared([a, b]);
  const axisA = isBatch(a) ? operandAxis(a, 'a', attrs['transposeA'] === true, rank) : undefined;
  const axisB = isBatch(b) ? operandAxis(b, 'b', attrs['transposeB'] === true, rank) : undefined;
  if (typeof axisA === 'object') return axisA;
  if (typeof axisB === 'object') return axisB;
  if (axisA !== undefined && axisB !== undefined && (axisA !== axisB || axisA >= rank - 2)) {
    return mixing('both of its operands hold examples, so that every example meets every other');
  }
  const axis = axisA ?? axisB ?? 0;
  const inner = isBatch(a) ? a.label.inner : isBatch(b) ? b.label.inner : 1;
  if (isBatch(a) && isBatch(b) && a.label.inner !== b.label.inner) {
    return mixing('its operands hold the examples in groups of different sizes');
  }
  for (const other of [a, b]) {
    const own = axis - (rank - other.tensor.rank);
    const leading = axis < rank - 2 && own >= 0;
    if (!isBatch(other) && leading && (other.tensor.shape[own] ?? 1) > 1) {
      return mixing(`input '${other.name}' has one matrix per position in the batch`);
    }
  }
  if (output.shape[axis] !== batchSize * inner) return mixing('the axis of the examples is broadcast');
  return batch(axis, inner);
}

const convolution: SeparationRule = (site) => {
  const x = inputNamed(site, 'x');
  const filter = inputNamed(site, 'filter');
  if (isBatch(filter)) return mixing('its filter depends on the examples');
  if (!isBatch(x)) return combineShared(site.inputs);
  if (x.label.axis !== 0) return mixing(`it slides over axis ${x.label.axis}, which holds the examples`);
  return additions(site, x.label);
};

/** The optional bias and PReLU slopes of a fused kernel meet the result element by element. */
function additions(site: RuleSite, label: Label & {kind: 'batch'}): Label | Mixing {
  for (const name of ['bias', 'preluActivationWeights']) {
    const extra = site.inputs.find((input) => input.name === name);
    if (extra === undefined) continue;
    if (isBatch(extra)) return mixing(`its ${name} depends on the examples`);
    const own = label.axis - (site.output.rank - extra.tensor.rank);
    if (own >= 0 && (extra.tensor.shape[own] ?? 1) > 1)
      return mixing(`its ${name} has a row per position in the batch`);
  }
  return label;
}

const pooling: SeparationRule = ({inputs}) => {
  const x = inputs.find(isBatch);
  if (x === undefined) return combineShared(inputs);
  return x.label.axis === 0
    ? x.label
    : mixing(`it slides over axis ${x.label.axis}, which holds the examples`);
};

/** Products and sliding windows. */
export const productRules: RuleTable = {
  ...sameRule(['BatchMatMul', '_FusedMatMul'], matMul),
  ...sameRule(['Conv2D', 'FusedConv2D'], convolution),
  ...sameRule(['AvgPool', 'MaxPool'], pooling),
};
