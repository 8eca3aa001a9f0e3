import * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import {perExampleGradients} from './per_example_gradients.js';

/** What `checkPerExampleGradients` needs of a compiled `tf.LayersModel` with one input and one output. */
export interface CheckedModel {
  apply(x: tf.Tensor, options?: {training?: boolean}): unknown;
  readonly trainableWeights: readonly {read(): tf.Tensor}[];
}

/** How close per-example gradients came to reruns. Sensitive: the figures come from the examples. */
export interface GradientCheck {
  /** Whether every figure is at most 1e-5. */
  readonly equal: boolean;
  /** The largest |fast - rerun| / max(|rerun|, 1e-6) over the examples, by variable name. */
  readonly relativeErrors: Readonly<Record<string, number>>;
}

const TOLERANCE = 1e-5;

/**
 * Compares per-example gradients with reruns: for each example a forward and a backward pass of its own, by tf.js alone.
 * Safe for any graph, and slow. Models with dropout differ by their masks; check them with a rate of 0.
 *
 * @param x - Examples at axis 0. Sensitive.
 * @param y - Their labels.
 * @param loss - Takes (yTrue, yPred) and returns one loss per example.
 */
export function checkPerExampleGradients(
  model: CheckedModel,
  x: tf.Tensor,
  y: tf.Tensor,
  loss: (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor,
): GradientCheck {
  const variables = model.trainableWeights
    .map((weight) => weight.read())
    .filter((tensor): tensor is tf.Variable => tensor instanceof tf.Variable);
  if (variables.length === 0)
    throw new DpError('INVALID_OPTION', 'the model has no trainable weights to check');
  const lossOf = (xs: tf.Tensor, ys: tf.Tensor): tf.Tensor =>
    loss(ys, model.apply(xs, {training: true}) as tf.Tensor);
  const fast = perExampleGradients(() => lossOf(x, y), variables, {batch: [x, y]});
  const relativeErrors = Object.fromEntries(variables.map((variable) => [variable.name, 0]));
  for (let example = 0; example < x.shape[0]; example++) {
    tf.tidy(() => {
      const one = (tensor: tf.Tensor): tf.Tensor => tf.slice(tensor, example, 1);
      const {grads} = tf.variableGrads(() => tf.mean(lossOf(one(x), one(y))), variables);
      for (const {name, shape} of variables) {
        const rerun = grads[name] ?? tf.zeros(shape);
        const mine = tf.reshape(one(fast.gradients[name] ?? tf.zeros([1])), shape);
        const error = norm(tf.sub(mine, rerun)) / Math.max(norm(rerun), 1e-6);
        // A comparison with NaN must count as a difference.
        relativeErrors[name] = error <= (relativeErrors[name] ?? 0) ? (relativeErrors[name] ?? 0) : error;
      }
    });
  }
  tf.dispose([fast.loss, fast.norms, fast.gradients]);
  return {equal: Object.values(relativeErrors).every((error) => error <= TOLERANCE), relativeErrors};
}

function norm(tensor: tf.Tensor): number {
  return tf.norm(tensor).dataSync()[0] ?? NaN;
}
