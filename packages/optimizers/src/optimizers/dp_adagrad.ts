import * as tf from '@tensorflow/tfjs-core';

import {positive} from '../checks.js';
import type {Schedule} from '../schedules/schedule.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {registerOptimizer} from './registered_class.js';

/** Options of `dpAdagrad`. All are public constants. */
export interface DpAdagradOptions extends PrivateOptimizerOptions {
  /** Step size. Greater than 0. Or its schedule. */
  readonly learningRate: number | Schedule;
  /** What the sum of squared gradients begins with. Greater than 0. Default: 0.1. */
  readonly initialAccumulatorValue?: number;
}

/** Adagrad on private gradients. */
export class DpAdagradOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = '@dp/optimizers>DPAdagrad';

  /** @throws DpError INVALID_OPTION. */
  constructor(options: DpAdagradOptions) {
    const {learningRate, initialAccumulatorValue = 0.1} = options;
    positive('initialAccumulatorValue', initialAccumulatorValue);
    super(
      {
        base: (rate) => tf.train.adagrad(rate, initialAccumulatorValue),
        learningRate,
        config: {initialAccumulatorValue},
      },
      options,
    );
  }
}
registerOptimizer(DpAdagradOptimizer);

/**
 * Differentially private Adagrad (Duchi et al. 2011): the sum of squares is of noisy gradients and sees nothing else.
 *
 * @throws DpError INVALID_OPTION.
 */
export function dpAdagrad(options: DpAdagradOptions): DpAdagradOptimizer {
  return new DpAdagradOptimizer(options);
}
