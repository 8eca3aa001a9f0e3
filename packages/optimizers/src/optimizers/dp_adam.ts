import * as tf from '@tensorflow/tfjs-core';

import {fraction, positive} from '../checks.js';
import type {Schedule} from '../schedules/schedule.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {registerOptimizer} from './registered_class.js';

/** Constants of Adam's moments. All are public. */
export interface MomentOptions {
  /** What the first moment is multiplied by at each step. In [0, 1). Default: 0.9. */
  readonly beta1?: number;
  /** What the second moment is multiplied by at each step. In [0, 1). Default: 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Greater than 0. Default: 1e-7. */
  readonly epsilon?: number;
}

/** Options of `dpAdam`. All are public constants. */
export interface DpAdamOptions extends PrivateOptimizerOptions, MomentOptions {
  /** Step size. Greater than 0. Or its schedule. Default: 0.001. */
  readonly learningRate?: number | Schedule;
}

/** Adam on private gradients. */
export class DpAdamOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = '@dp/optimizers>DPAdam';

  /** @throws DpError INVALID_OPTION. */
  constructor(options: DpAdamOptions) {
    const {learningRate = 0.001} = options;
    const {beta1, beta2, epsilon} = checkedMoments(options);
    super(
      {
        base: (rate) => tf.train.adam(rate, beta1, beta2, epsilon),
        learningRate,
        config: {beta1, beta2, epsilon},
      },
      options,
    );
  }
}
registerOptimizer(DpAdamOptimizer);

/**
 * Differentially private Adam (Kingma and Ba 2015, on the gradients of Abadi et al. 2016): both moments are of noisy
 * gradients and see nothing else.
 *
 * @throws DpError INVALID_OPTION.
 */
export function dpAdam(options: DpAdamOptions): DpAdamOptimizer {
  return new DpAdamOptimizer(options);
}

/** @throws DpError INVALID_OPTION. */
export function checkedMoments({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-7,
}: MomentOptions): Required<MomentOptions> {
  fraction('beta1', beta1);
  fraction('beta2', beta2);
  positive('epsilon', epsilon);
  return {beta1, beta2, epsilon};
}
