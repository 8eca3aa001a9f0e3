import * as tf from '@tensorflow/tfjs-core';

/** tf.js's optimizers read their learning rate at each step, those that keep it as a tensor through a setter. */
interface WithLearningRate {
  learningRate: number;
  setLearningRate?(learningRate: number): void;
}

/** Sets the learning rate of an optimizer of `tf.train`. */
export function setLearningRate(base: tf.Optimizer, learningRate: number): void {
  const own = base as unknown as WithLearningRate;
  if (own.setLearningRate === undefined) own.learningRate = learningRate;
  else own.setLearningRate(learningRate);
}

/**
 * Marks as not trainable what tf.js 4.22 registers as if it were a model's: the decayed factors of Adam and Adamax, which any
 * optimizer without `varList` would be asked to train.
 */
export function withoutTrainableState(base: tf.Optimizer): tf.Optimizer {
  const {AdamOptimizer, AdamaxOptimizer} = tf;
  if ([AdamOptimizer, AdamaxOptimizer].some((ofState) => isOne(ofState, base))) {
    const {accBeta1, accBeta2, iteration} = base as unknown as Partial<Record<string, tf.Variable>>;
    for (const variable of [accBeta1, accBeta2, iteration])
      if (variable instanceof tf.Variable) variable.trainable = false;
  }
  return base;
}

/** Disposes an optimizer, also what tf.js 4.22 forgets: momentum's learning rate, which it inherits. */
export function disposeBase(base: tf.Optimizer): void {
  base.dispose();
  const {MomentumOptimizer, SGDOptimizer} = tf;
  if (isOne(MomentumOptimizer, base)) SGDOptimizer.prototype.dispose.call(base);
}

/** tf.js's `instanceof` says yes to any optimizer. */
function isOne({prototype}: {readonly prototype: tf.Optimizer}, base: tf.Optimizer): boolean {
  return Object.prototype.isPrototypeOf.call(prototype, base);
}
