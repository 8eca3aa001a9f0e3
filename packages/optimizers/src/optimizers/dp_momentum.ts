import * as tf from '@tensorflow/tfjs-core';

import {boolean, fraction} from '../checks.js';
import type {Schedule} from '../schedules/schedule.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {registerOptimizer} from './registered_class.js';

/** Options of `dpMomentum`. All are public constants. */
export interface DpMomentumOptions extends PrivateOptimizerOptions {
  /** Step size of the descent. Greater than 0. Or its schedule. */
  readonly learningRate: number | Schedule;
  /** What the accumulated gradient is multiplied by at each step. In [0, 1). Default: 0.9. */
  readonly momentum?: number;
  /** Whether to take Nesterov's step. Default: false. */
  readonly useNesterov?: boolean;
}

/** Gradient descent with momentum on private gradients. */
export class DpMomentumOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = '@dp/optimizers>DPMomentum';

  /** @throws DpError INVALID_OPTION. */
  constructor(options: DpMomentumOptions) {
    const {learningRate, momentum = 0.9, useNesterov = false} = options;
    fraction('momentum', momentum);
    boolean('useNesterov', useNesterov);
    super(
      {
        base: (rate) => tf.train.momentum(rate, momentum, useNesterov),
        learningRate,
        config: {momentum, useNesterov},
      },
      options,
    );
  }
}
registerOptimizer(DpMomentumOptimizer);

/**
 * Differentially private SGD with momentum, or with Nesterov's (Sutskever et al. 2013): noise enters each gradient before it
 * is accumulated, so that the momentum costs nothing.
 *
 * @throws DpError INVALID_OPTION.
 */
export function dpMomentum(options: DpMomentumOptions): DpMomentumOptimizer {
  return new DpMomentumOptimizer(options);
}
