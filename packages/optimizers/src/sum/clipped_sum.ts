import * as tf from '@tensorflow/tfjs-core';
import type {NeighbouringRelation} from '@dp/accountant';

import {gradientBound, sumSensitivity, type ClippingPlan} from '../clip/plan.js';
import {DpError} from '../errors.js';
import type {PieceSum} from './piece_sum.js';

/**
 * An exact sum of clipped per-example gradients, with the bound on what one record can change in it. Sensitive: nothing
 * has been added to it yet.
 */
export class ClippedSum {
  /**
   * @param variables - What the gradients are of.
   * @param units - One array a variable: integers, in units of `plan.grid`.
   * @param plan - Public constants that the bound follows from.
   */
  constructor(
    readonly variables: readonly tf.Variable[],
    readonly units: readonly Float64Array[],
    readonly plan: ClippingPlan,
  ) {}

  /** The sum over no examples. */
  static empty(variables: readonly tf.Variable[], plan: ClippingPlan): ClippedSum {
    return new ClippedSum(
      variables,
      variables.map((variable) => new Float64Array(variable.size)),
      plan,
    );
  }

  /**
   * A piece's sum, from this thread or another: a copy, since trees keep sums, and a thread's memory is used again.
   *
   * @throws DpError INVALID_OPTION for one that was clipped to another norm, on another grid, or over other variables.
   */
  static ofPiece(piece: PieceSum, variables: readonly tf.Variable[], plan: ClippingPlan): ClippedSum {
    checkFits(piece, variables, plan);
    return new ClippedSum(
      variables,
      piece.units.map((sum) => sum.slice()),
      plan,
    );
  }

  get numParameters(): number {
    return this.variables.reduce((total, variable) => total + variable.size, 0);
  }

  /** How long one clipped and rounded gradient can be, in L2 norm: `l2NormClip`, and the rounding. */
  get bound(): number {
    return gradientBound(this.plan);
  }

  /** How far two neighbouring batches' sums can lie apart, in L2 norm: as `sumSensitivity`. */
  sensitivity(relation: NeighbouringRelation): number {
    return sumSensitivity(this.plan, relation);
  }

  /** The sum over both batches' examples: exact, since both are integers on one grid. */
  plus({units, plan: {l2NormClip, grid}}: ClippedSum): ClippedSum {
    const sum = new ClippedSum(
      this.variables,
      this.units.map((own) => own.slice()),
      this.plan,
    );
    sum.add({units, l2NormClip, grid});
    return sum;
  }

  /**
   * Adds another piece of the same batch to this sum, in place.
   *
   * @throws DpError as `ofPiece`.
   */
  add(piece: Pick<PieceSum, 'units' | 'l2NormClip' | 'grid'>): void {
    checkFits(piece, this.variables, this.plan);
    this.units.forEach((sum, v) => {
      const more = piece.units[v] as Float64Array;
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (more[i] as number);
    });
  }

  /** The sum as float32 tensors, one a variable. Sensitive. The caller disposes them. */
  toTensors(): tf.Tensor[] {
    const {grid} = this.plan;
    return this.variables.map((variable, v) =>
      tf.tensor(
        Float32Array.from(this.units[v] ?? [], (value) => value * grid),
        variable.shape,
        'float32',
      ),
    );
  }
}

function checkFits(
  {units, l2NormClip, grid}: Pick<PieceSum, 'units' | 'l2NormClip' | 'grid'>,
  variables: readonly tf.Variable[],
  plan: ClippingPlan,
): void {
  const fits =
    units.length === variables.length && units.every(({length}, v) => length === variables[v]?.size);
  if (fits && l2NormClip === plan.l2NormClip && (grid ?? plan.grid) === plan.grid) return;
  throw new DpError(
    'INVALID_OPTION',
    `a piece was summed over ${units.length} variables with gradients clipped to ${l2NormClip} on the grid ${grid}, ` +
      `but this step has ${variables.length} and clips to ${plan.l2NormClip} on ${plan.grid}: sum every piece of a step anew; nothing was released`,
  );
}
