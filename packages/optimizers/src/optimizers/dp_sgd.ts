import * as tf from '@tensorflow/tfjs-core';

import {positive, type PrivacyOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';

/** Options of `dpSGD`. All are public constants. */
export interface DpSgdOptions extends PrivacyOptions {
  /** Step size of the descent. Greater than 0. */
  readonly learningRate: number;
}

/** Stochastic gradient descent on private gradients. */
export class DpSgdOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = 'DPSGD';

  /** @throws DpError INVALID_OPTION. */
  constructor(private readonly options: DpSgdOptions) {
    positive('learningRate', options.learningRate);
    super(tf.train.sgd(options.learningRate), options);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {l2NormClip, noiseMultiplier, numMicrobatches, expectedBatchSize, microbatchSize} = this.privacy;
    return {
      learningRate: this.options.learningRate,
      l2NormClip,
      noiseMultiplier,
      numMicrobatches,
      ...(this.privacy.mayExceed && {expectedBatchSize, microbatchSize}),
    };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    return new cls(config);
  }
}
tf.serialization.registerClass(DpSgdOptimizer);

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
