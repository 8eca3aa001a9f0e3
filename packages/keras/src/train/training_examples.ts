import * as tf from '@tensorflow/tfjs-core';
import {DpError} from '@dp/optimizers';

import type {Compiled} from '../layers/compiled.js';
import type {Examples} from '../data/dataset.js';
import type {DpFitArgs} from '../args/fit_args.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import type {ValidationExamples} from './validation.js';

/** Tensors as `fit` takes them: one, one an input or output, or by name. */
export type Given = tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;

/** What `fit` was given, checked and split. Sensitive. */
export interface TrainingExamples {
  readonly training: Examples;
  readonly validating: ValidationExamples | undefined;
  /** Disposes what was made here, and nothing that was given. */
  dispose(): void;
}

/**
 * Checks tensors against the model, and splits off what is not trained on: the last examples, as in tf.js.
 *
 * @throws DpError INVALID_OPTION for a split of undeclared records, both kinds of validation, or weights of another number.
 */
export function trainingExamples(
  compiled: Compiled,
  {x, y}: {readonly x: Given; readonly y: Given},
  args: DpFitArgs,
  privacy: PrivacyConfig,
): TrainingExamples {
  const {validationData, validationSplit, sampleWeight, privateValidation} = args;
  checkSplit(args, privacy);
  const made: tf.Tensor[] = [];
  const standardized = (given: readonly [Given, Given]): [tf.Tensor[], tf.Tensor[]] => {
    const both = compiled.standardize(...given);
    const known = new Set(given.flatMap(listed));
    made.push(...both.flat().filter((tensor) => !known.has(tensor)));
    return both;
  };
  const rowsOf = (tensors: readonly tf.Tensor[], from: number, size: number): tf.Tensor[] => {
    const rows = tensors.map((tensor) => tf.slice(tensor, from, size));
    made.push(...rows);
    return rows;
  };
  const dispose = (): void => tf.dispose(made);
  try {
    const [xs, ys] = standardized([x, y]);
    const n = xs[0]?.shape[0] ?? 0;
    if (sampleWeight !== undefined && (sampleWeight.rank !== 1 || sampleWeight.size !== n)) {
      throw new DpError(
        'INVALID_OPTION',
        `sampleWeight must hold one weight for each of ${n} examples, got shape [${sampleWeight.shape.join(', ')}]`,
      );
    }
    const size = validationSplit === undefined ? n : Math.floor(n * (1 - validationSplit));
    const train = (tensors: readonly tf.Tensor[]): readonly tf.Tensor[] =>
      size === n ? tensors : rowsOf(tensors, 0, size);
    const weights = sampleWeight && train([sampleWeight])[0];
    const training = {x: train(xs), y: train(ys), ...(weights && {sampleWeight: weights})};
    let validating: ValidationExamples | undefined;
    if (validationData !== undefined) {
      const [vx, vy] = standardized([validationData[0], validationData[1]]);
      validating = {x: vx, y: vy};
    } else if (size < n) validating = {x: rowsOf(xs, size, n - size), y: rowsOf(ys, size, n - size)};
    if (privateValidation !== undefined && validating === undefined) {
      throw new DpError('INVALID_OPTION', 'privateValidation needs validationData or validationSplit');
    }
    return {training, validating, dispose};
  } catch (error) {
    dispose();
    throw error;
  }
}

function checkSplit({validationData, validationSplit}: DpFitArgs, {validation}: PrivacyConfig): void {
  if (validationSplit === undefined) return;
  if (!(validationSplit > 0 && validationSplit < 1)) {
    throw new DpError('INVALID_OPTION', `validationSplit must be in (0, 1), got ${validationSplit}`);
  }
  if (validationData !== undefined) {
    throw new DpError('INVALID_OPTION', 'give validationData or validationSplit, not both');
  }
  if (validation === undefined) {
    throw new DpError(
      'INVALID_OPTION',
      "validationSplit evaluates records that are not trained on: say what they are by privacy.validation: 'public' or 'disjoint', and let privacy.numExamples count the others",
    );
  }
}

function listed(given: Given): tf.Tensor[] {
  return given instanceof tf.Tensor ? [given] : Object.values(given);
}
