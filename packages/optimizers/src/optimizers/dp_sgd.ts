import * as tf from '@tensorflow/tfjs-core';

import type {Schedule} from '../schedules/schedule.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {registerOptimizer} from './registered_class.js';

/** Options of `dpSGD`. All are public constants. */
export interface DpSgdOptions extends PrivateOptimizerOptions {
  /** Step size of the descent. Greater than 0. Or its schedule. */
  readonly learningRate: number | Schedule;
}

/** Stochastic gradient descent on private gradients. */
export class DpSgdOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = '@dp/optimizers>DPSGD';

  /** @throws DpError INVALID_OPTION. */
  constructor(options: DpSgdOptions) {
    const {learningRate} = options;
    super({base: (rate) => tf.train.sgd(rate), learningRate, config: {}}, options);
  }
}
registerOptimizer(DpSgdOptimizer);

/**
 * Differentially private SGD (Abadi et al. 2016) for a plain `model.compile({optimizer: dpSGD({...}), ...})`, or for
 * `minimize(() => losses)`: each example's gradient is clipped, the clipped gradients are summed, noise of standard
 * deviation `noiseMultiplier * l2NormClip` is added to every coordinate, and the result is divided by `numMicrobatches`.
 *
 * @throws DpError INVALID_OPTION.
 * @example
 * ```ts
 * model.compile({
 *   optimizer: dpSGD({learningRate: 0.15, l2NormClip: 1.0, noiseMultiplier: 1.1, numMicrobatches: 256}),
 *   loss: 'categoricalCrossentropy',
 * });
 * ```
 */
export function dpSGD(options: DpSgdOptions): DpSgdOptimizer {
  return new DpSgdOptimizer(options);
}
