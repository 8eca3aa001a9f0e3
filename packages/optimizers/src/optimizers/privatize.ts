import * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {optionsOfConfig} from './config.js';
import {registerOptimizer} from './registered_class.js';

/** Any tf.js optimizer on private gradients. */
export class PrivatizedOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = '@dp/optimizers>Privatized';

  /** @throws DpError INVALID_OPTION. */
  constructor(optimizer: tf.Optimizer, options: PrivateOptimizerOptions) {
    if (optimizer instanceof PrivateOptimizer) {
      throw new DpError(
        'INVALID_OPTION',
        `${optimizer.getClassName()} is private already: privatize takes an optimizer of tf.train, or one like it`,
      );
    }
    const className = optimizer.getClassName();
    super({base: () => optimizer, config: {optimizer: {className, config: optimizer.getConfig()}}}, options);
  }

  /** @throws DpError UNSUPPORTED if the class of the optimizer inside is not registered. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const {optimizer, ...privacy} = optionsOfConfig(config);
    const inside = optimizer as {readonly className: string; readonly config: tf.serialization.ConfigDict};
    const [Base, fromConfig] =
      tf.serialization.SerializationMap.getMap().classNameMap[inside.className] ?? [];
    if (Base === undefined || fromConfig === undefined) {
      throw new DpError(
        'UNSUPPORTED',
        `the optimizer inside is of class '${inside.className}', which is not registered: import what defines it, and call tf.serialization.registerClass`,
      );
    }
    return new cls(fromConfig(Base, inside.config), privacy);
  }
}
registerOptimizer(PrivatizedOptimizer);

/**
 * Makes any tf.js optimizer private: it is given private gradients and nothing else, whatever it does with them
 * (post-processing). It belongs to the result, which disposes it; do not step it beside.
 *
 * @param optimizer - Such as `tf.train.adamax(0.002)`, or one of your own that implements `applyGradients`.
 * @throws DpError INVALID_OPTION.
 * @example
 * ```ts
 * privatize(tf.train.adadelta(1), {l2NormClip: 1, noiseMultiplier: 1.1, numMicrobatches: 256});
 * ```
 */
export function privatize(optimizer: tf.Optimizer, options: PrivateOptimizerOptions): PrivatizedOptimizer {
  return new PrivatizedOptimizer(optimizer, options);
}
