import * as tf from '@tensorflow/tfjs-core';
import type {RandomSource} from '@dp/random';

import type {ClippingPlan} from '../clip/plan.js';
import {DpError} from '../errors.js';
import type {ClippedSum} from '../sum/clipped_sum.js';
import {NoisyNodes} from './noisy_nodes.js';

/** The noisy prefix sums of one tree of clipped sums, as tensors of their differences. */
export class PrefixSums {
  private readonly plan: ClippingPlan;
  private readonly variables: readonly tf.Variable[];
  private readonly nodes = new NoisyNodes();
  /** In grid units. Private. */
  private released: readonly Float64Array[];

  /** @param first - What the tree is of: all leaves have its variables and clipping. */
  constructor({plan, variables}: ClippedSum) {
    this.plan = plan;
    this.variables = variables;
    this.released = variables.map(({size}) => new Float64Array(size));
  }

  /** @throws DpError INVALID_OPTION for other variables than the leaves before. */
  checkFits({variables}: ClippedSum): void {
    if (variables.length !== this.variables.length || variables.some((v, i) => v !== this.variables[i])) {
      throw new DpError('INVALID_OPTION', 'the variables changed within a tree: restart the tree');
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
    const before = this.released;
    const prefix = this.nodes.add(units, deviations, source);
    this.released = prefix;
    const unit = this.plan.grid / divisor;
    return this.variables.map(({shape}, v) => {
      const [now, last] = [prefix[v] as Float64Array, before[v] as Float64Array];
      const mean = Float32Array.from(now, (value, i) => (value - (last[i] as number)) * unit);
      return tf.tensor(mean, shape, 'float32');
    });
  }
}
