import type * as tf from '@tensorflow/tfjs-core';

import {
  batch,
  combineShared,
  equalRows,
  isBatch,
  mixing,
  ownRows,
  type Label,
  type Labelled,
  type Mixing,
} from '../labels.js';
import {inputNamed, sameRule, type RuleSite, type RuleTable, type SeparationRule} from './rule.js';
import {additions} from './window.js';

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
  if (!isBatch(a) && !isBatch(b)) return sharedProduct(a, b, attrs, output, batchSize);
  // tf.js 4.22 counts matrices modulo each operand's number of them, which is broadcasting only in these cases.
  const stacks = [a, b].map(({tensor}) => matrices(tensor));
  if (stacks.some((count) => count !== 1 && count !== matrices(output))) {
    return mixing(
      'tf.js multiplies the wrong matrices where both operands are broadcast over different axes',
    );
  }
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
    const tied = axis < rank - 2 ? ownRows(other, axis - (rank - other.tensor.rank)) : undefined;
    if (tied !== undefined) return tied;
  }
  if (output.shape[axis] !== batchSize * inner) return mixing('the axis of the examples is broadcast');
  return batch(axis, inner);
}

/** How many matrices a tensor stacks. */
function matrices({shape}: tf.Tensor): number {
  return shape.slice(0, -2).reduce((product, size) => product * size, 1);
}

function sharedProduct(
  a: Labelled,
  b: Labelled,
  attrs: RuleSite['attrs'],
  output: RuleSite['output'],
  batchSize: number,
): Label {
  const label = combineShared([a, b]);
  if (label.kind !== 'parameter') return label;
  const row = a.tensor.rank - (attrs['transposeA'] === true ? 1 : 2);
  return equalRows(a, row, output, {axis: output.rank - 2, batchSize}) ?? label;
}

/** Products of matrices; a fused one with its bias. */
export const productRules: RuleTable = sameRule(['BatchMatMul', '_FusedMatMul'], matMul);
