import * as tf from '@tensorflow/tfjs-core';

import {fraction, positive} from '../checks.js';
import type {Schedule} from '../schedules/schedule.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {registerOptimizer} from './registered_class.js';

/** Options of `dpRMSProp`. All are public constants. */
export interface DpRmsPropOptions extends PrivateOptimizerOptions {
  /** Step size. Greater than 0. Or its schedule. */
  readonly learningRate: number | Schedule;
  /** What the mean square is multiplied by at each step. In [0, 1). Default: 0.9. */
  readonly decay?: number;
  /** What the last step is multiplied by and added to the next. In [0, 1). Default: 0. */
  readonly momentum?: number;
  /** Added to the mean square before its root is taken. Greater than 0. Default: 1e-7. */
  readonly epsilon?: number;
}

/** RMSProp on private gradients. */
export class DpRmsPropOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = '@dp/optimizers>DPRMSProp';

  /** @throws DpError INVALID_OPTION. */
  constructor(options: DpRmsPropOptions) {
    const {learningRate, decay = 0.9, momentum = 0, epsilon = 1e-7} = options;
    fraction('decay', decay);
    fraction('momentum', momentum);
    positive('epsilon', epsilon);
    super(
      {
        base: (rate) => tf.train.rmsprop(rate, decay, momentum, epsilon),
        learningRate,
        config: {decay, momentum, epsilon},
      },
      options,
    );
  }
}
registerOptimizer(DpRmsPropOptimizer);

/**
 * Differentially private RMSProp (Tieleman and Hinton 2012): the mean square is of noisy gradients and sees nothing else.
 * There is no centred form: tf.js takes its root of a difference that noise makes negative.
 *
 * @throws DpError INVALID_OPTION.
 */
export function dpRMSProp(options: DpRmsPropOptions): DpRmsPropOptimizer {
  return new DpRmsPropOptimizer(options);
}
