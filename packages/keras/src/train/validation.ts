import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {accuracyRow, DpError, privateAccuracy} from '@dp/optimizers';

import {PRIVATE_ACCURACY} from '../args/covered.js';
import type {Compiled} from '../layers/compiled.js';
import type {TrainingPlan} from '../plan/plan.js';
import type {ValidationCount} from '../plan/validation_count.js';
import {warnOnce} from '../warn_once.js';

/** Examples that are not trained on. */
export interface ValidationExamples {
  readonly x: tf.Tensor[];
  readonly y: tf.Tensor[];
}

/** How validation is done. */
export interface ValidationOptions {
  readonly model: LayersModel;
  readonly compiled: Compiled;
  readonly plan: TrainingPlan;
}

/** What is validated after each epoch, by name with `val_`. */
export type Validate = () => Promise<Readonly<Record<string, number>>>;

/**
 * Loss and metrics of the validation examples, which no epsilon covers; or a noisy accuracy, which is a release.
 *
 * @param examples - Sensitive, unless they are declared public.
 */
export function validation(examples: ValidationExamples, options: ValidationOptions): Validate {
  const {model, compiled, plan} = options;
  if (plan.count !== undefined) return noisyAccuracy(examples, options, plan.count);
  if (plan.privacy.validation !== 'public') {
    warnOnce(
      'validation',
      'val_ figures come straight from the validation examples, and no epsilon covers them, nor what is chosen by them. ' +
        "If these people need no protection, say privacy.validation: 'public'; otherwise use privateValidation.",
    );
  }
  return async () => {
    const scalars = [model.evaluate(examples.x, examples.y, {batchSize: plan.batchSize})].flat();
    const values = await Promise.all(scalars.map(async (scalar) => (await scalar.data())[0] ?? NaN));
    tf.dispose(scalars);
    return Object.fromEntries(compiled.names.map((name, i) => [`val_${name}`, values[i] ?? NaN]));
  };
}

function noisyAccuracy(
  {x, y}: ValidationExamples,
  {model, plan}: ValidationOptions,
  count: ValidationCount,
): Validate {
  const [labels, ...more] = y;
  if (labels === undefined || more.length > 0) {
    throw new DpError('UNSUPPORTED', `privateValidation is for models with one output, got ${y.length}`);
  }
  return async () => {
    const release = plan.countRelease(count);
    await plan.ledger.reserve([accuracyRow(release)]);
    const right = tf.tidy(() => {
      const predicted = model.predict(x, {batchSize: plan.batchSize}) as tf.Tensor;
      return tf.equal(classesOf(predicted, predicted), classesOf(labels, predicted)).dataSync();
    });
    return {[PRIVATE_ACCURACY]: privateAccuracy(Array.from(right, Boolean), release).accuracy};
  };
}

/** Classes [N] of scores, one-hot labels, or labels [N, 1], by the shape of the predictions. */
function classesOf(values: tf.Tensor, {shape}: tf.Tensor): tf.Tensor {
  if (shape.length !== 2) {
    throw new DpError(
      'UNSUPPORTED',
      `privateValidation is for outputs of shape [B, classes], got [${shape.join(', ')}]`,
    );
  }
  if (shape[1] === 1) return tf.cast(tf.greater(tf.reshape(values, [-1]), 0.5), 'int32');
  const isLabel = values.rank === 1 || values.shape[1] === 1;
  return isLabel ? tf.cast(tf.reshape(values, [-1]), 'int32') : tf.argMax(values, 1);
}
