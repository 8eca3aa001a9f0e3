import * as tf from '@tensorflow/tfjs-core';
import type {RandomSource} from '@dp/random';

import type {ClippingPlan} from '../clip/plan.js';
import {DpError} from '../errors.js';
import type {ClippedSum} from '../sum/clipped_sum.js';
import {NodeNoise} from './node_noise.js';

/** The prefix sums of one tree, exact and noisy, in grid units. */
export class PrefixSums {
  leaves = 0;
  private readonly plan: ClippingPlan;
  private readonly variables: readonly tf.Variable[];
  private readonly noise = new NodeNoise();
  /** Sensitive. */
  private readonly exact: readonly Float64Array[];
  /** Private: exact and the noise of the nodes. */
  private readonly released: readonly Float64Array[];

  /** @param first - What the tree is of: all leaves have its variables and clipping. */
  constructor(
    readonly index: number,
    {plan, variables}: ClippedSum,
  ) {
    this.plan = plan;
    this.variables = variables;
    this.exact = variables.map(({size}) => new Float64Array(size));
    this.released = variables.map(({size}) => new Float64Array(size));
  }

  /** @throws DpError INVALID_OPTION for another clip norm or other variables than the leaves before. */
  checkFits({plan, variables}: ClippedSum): void {
    if (variables.length !== this.variables.length || variables.some((v, i) => v !== this.variables[i])) {
      throw new DpError('INVALID_OPTION', 'the variables changed within a tree: restart the tree');
    }
    if (plan.l2NormClip !== this.plan.l2NormClip) {
      throw new DpError(
        'INVALID_OPTION',
        `l2NormClip changed from ${this.plan.l2NormClip} to ${plan.l2NormClip} within a tree, whose noise is measured in one: restart the tree`,
      );
    }
  }

  /**
   * Adds a leaf and releases the prefix that ends with it.
   *
   * @param deviations - Of a node's noise, in grid units, one a variable.
   * @returns The difference to the prefix released before, over the divisor: private.
   */
  add(
    {units}: ClippedSum,
    {deviations, divisor, source}: {deviations: readonly number[]; divisor: number; source: RandomSource},
  ): tf.Tensor[] {
    const noise = this.noise.next(
      this.variables.map(({size}) => size),
      deviations,
      source,
    );
    this.leaves++;
    const unit = this.plan.grid / divisor;
    return this.variables.map(({shape, size}, v) => {
      const [sum, exact, released, drawn] = [units, this.exact, this.released, noise].map((of) => of[v]) as [
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const mean = new Float32Array(size);
      for (let i = 0; i < size; i++) {
        exact[i] = (exact[i] as number) + (sum[i] as number);
        const noisy = (exact[i] as number) + (drawn[i] as number);
        mean[i] = (noisy - (released[i] as number)) * unit;
        released[i] = noisy;
      }
      return tf.tensor(mean, shape, 'float32');
    });
  }
}
