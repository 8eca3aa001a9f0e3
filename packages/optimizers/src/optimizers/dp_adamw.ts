import * as tf from '@tensorflow/tfjs-core';

import {nonNegative} from '../checks.js';
import {checkedMoments, type MomentOptions} from './dp_adam.js';
import type {Schedule} from '../schedules/schedule.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {registerOptimizer} from './registered_class.js';

/** Options of `dpAdamW`. All are public constants. */
export interface DpAdamWOptions extends PrivateOptimizerOptions, MomentOptions {
  /** Step size. Greater than 0. Or its schedule. Default: 0.001. */
  readonly learningRate?: number | Schedule;
  /** Share of every weight that is taken off at each step, times the learning rate. At least 0. Default: 0.004. */
  readonly weightDecay?: number;
}

/** Adam with decoupled weight decay on private gradients. */
export class DpAdamWOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = '@dp/optimizers>DPAdamW';

  /** @throws DpError INVALID_OPTION. */
  constructor(options: DpAdamWOptions) {
    const {learningRate = 0.001, weightDecay = 0.004} = options;
    const {beta1, beta2, epsilon} = checkedMoments(options);
    nonNegative('weightDecay', weightDecay);
    super(
      {
        base: (rate) => new AdamW(rate, beta1, beta2, epsilon, weightDecay),
        learningRate,
        config: {beta1, beta2, epsilon, weightDecay},
      },
      options,
    );
  }
}
registerOptimizer(DpAdamWOptimizer);

/**
 * Differentially private AdamW (Loshchilov and Hutter 2019): the decay acts on the weights, which are private already, and
 * not on the gradients, so that it is neither clipped nor scaled by the second moment.
 *
 * @throws DpError INVALID_OPTION.
 */
export function dpAdamW(options: DpAdamWOptions): DpAdamWOptimizer {
  return new DpAdamWOptimizer(options);
}

/** tf.js has none. Algorithm 2 of the paper: w <- w - rate (m / (sqrt(v) + epsilon) + decay w). */
class AdamW extends tf.AdamOptimizer {
  constructor(
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    private readonly weightDecay: number,
  ) {
    super(learningRate, beta1, beta2, epsilon);
  }

  override applyGradients(gradients: Parameters<tf.AdamOptimizer['applyGradients']>[0]): void {
    const names = Array.isArray(gradients) ? gradients.map(({name}) => name) : Object.keys(gradients);
    const kept = 1 - this.learningRate * this.weightDecay;
    for (const name of names) {
      const variable = tf.engine().registeredVariables[name];
      if (variable !== undefined) tf.tidy(() => variable.assign(tf.mul(variable, kept)));
    }
    super.applyGradients(gradients);
  }
}
