import * as tf from '@tensorflow/tfjs-core';

/**
 * Classes are saved as `package>name`, as Keras does: where this package is missing, tf.js's error on loading
 * ("Unknown optimizer: @dp/optimizers>DPAdam") then says what to import.
 */
const PACKAGE = '@dp/optimizers>';

/** The name of a class in saved models. A literal, so that it survives minification. */
export type RegisteredName = `${typeof PACKAGE}${string}`;

/** The same without the package, for ledgers and messages. */
export function ledgerName(registered: string): string {
  return registered.startsWith(PACKAGE) ? registered.slice(PACKAGE.length) : registered;
}

/** Whether a saved class is one of this package. */
export function isRegisteredHere(className: string): boolean {
  return className.startsWith(PACKAGE);
}

/** Lets `tf.loadLayersModel` find a class. */
export function registerOptimizer<T extends tf.Optimizer>(
  cls: tf.serialization.SerializableConstructor<T> & {readonly className: RegisteredName},
): void {
  tf.serialization.registerClass(cls);
}
