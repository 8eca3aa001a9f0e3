import * as tf from '@tensorflow/tfjs-core';

import {optionsObject, shown} from '../checks.js';
import {DpError} from '../errors.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {checkAllTaken, optionsOfConfig} from './config.js';
import {isRegisteredHere, registerOptimizer} from './registered_class.js';

type ConfigDict = tf.serialization.ConfigDict;

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

  /**
   * @throws DpError UNSUPPORTED if the class of the optimizer inside is not registered; INVALID_OPTION for a configuration that no
   *   `getConfig` of this version has made.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const {optimizer, ...privacy} = optionsOfConfig(config);
    optionsObject('optimizer', optimizer as object);
    const {className, config: inside} = optimizer as {
      readonly className: string;
      readonly config: ConfigDict;
    };
    optionsObject('optimizer.config', inside);
    const privatized = new cls(baseOf(className, inside), privacy);
    checkAllTaken(config, privatized.getConfig());
    return privatized;
  }
}
registerOptimizer(PrivatizedOptimizer);

function baseOf(className: string, config: ConfigDict): tf.Optimizer {
  const {classNameMap} = tf.serialization.SerializationMap.getMap();
  // Every object has some names, such as `constructor`.
  const isKnown = typeof (className as unknown) === 'string' && Object.hasOwn(classNameMap, className);
  const [Base, fromConfig] = isKnown ? (classNameMap[className] ?? []) : [];
  if (Base === undefined || fromConfig === undefined) {
    throw new DpError(
      'UNSUPPORTED',
      `the optimizer inside is of class ${shown(className)}, which is not registered: import what defines it, and call tf.serialization.registerClass`,
    );
  }
  // Asked before it is made: it may hold others without end.
  const isOptimizer = (Base as {readonly prototype: unknown}).prototype instanceof tf.Optimizer;
  if (!isOptimizer || isRegisteredHere(className)) {
    throw new DpError(
      'INVALID_OPTION',
      `the optimizer inside must be one of tf.train, or one like it, got a ${className}${isOptimizer ? ', which is private already' : ''}`,
    );
  }
  const optimizer: unknown = fromConfig(Base, config);
  return optimizer as tf.Optimizer;
}

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
