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

/** Disposes an optimizer, also what tf.js 4.22 forgets: momentum's learning rate, which it inherits. */
export function disposeBase(base: tf.Optimizer): void {
  base.dispose();
  const {MomentumOptimizer, SGDOptimizer} = tf;
  // Its `instanceof` would say yes to any optimizer.
  const hasMomentum = Object.prototype.isPrototypeOf.call(MomentumOptimizer.prototype, base);
  if (hasMomentum) SGDOptimizer.prototype.dispose.call(base);
}
