import type * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';

/** Gradients that were released with a ledger row. tf.js tensors cannot say so themselves. */
const RELEASED = new WeakSet<tf.Tensor>();

export function markPrivate(gradient: tf.Tensor): void {
  RELEASED.add(gradient);
}

/**
 * Refuses a gradient that no private computation of this library released: an optimizer that calls itself private would
 * put it into the weights as it is.
 *
 * @throws DpError NOT_PRIVATE.
 */
export function checkPrivate(name: string, gradient: tf.Tensor): void {
  if (RELEASED.has(gradient)) return;
  throw new DpError(
    'NOT_PRIVATE',
    `the gradient of '${name}' was not released by this library, so nothing is known of its clipping and noise. ` +
      'Apply the gradients of computeGradients, gradientTape or privateMean as they are, or use an optimizer of tf.train for others',
  );
}
