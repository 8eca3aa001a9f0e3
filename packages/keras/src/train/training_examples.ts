import * as tf from '@tensorflow/tfjs-core';
import {DpError} from '@dp/optimizers';

import {shown} from '../args/shown.js';
import type {DpFitArgs, DpTrainingArgs} from '../args/fit_args.js';
import type {Examples} from '../data/dataset.js';
import {isGiven, isTensor, listOfGiven, type Given} from '../data/given.js';
import type {Compiled} from '../layers/compiled.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import type {ValidationExamples} from './validation.js';

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
  const {validationSplit, sampleWeight} = args;
  checkSplit(args, privacy);
  const standardized = new Standardized(compiled);
  const rowsOf = standardized.rowsOf.bind(standardized);
  try {
    const [xs, ys] = standardized.of({x, y});
    const n = xs[0]?.shape[0] ?? 0;
    checkWeights(sampleWeight, n);
    const size = validationSplit === undefined ? n : Math.floor(n * (1 - validationSplit));
    const train = (tensors: readonly tf.Tensor[]): readonly tf.Tensor[] =>
      size === n ? tensors : rowsOf(tensors, 0, size);
    const weights = sampleWeight && train([sampleWeight])[0];
    const training = {x: train(xs), y: train(ys), ...(weights && {sampleWeight: weights})};
    const validating =
      size < n
        ? {x: rowsOf(xs, size, n - size), y: rowsOf(ys, size, n - size)}
        : standardized.validating(args);
    return {training, validating, dispose: () => standardized.dispose()};
  } catch (error) {
    standardized.dispose();
    throw error;
  }
}

/** The examples that `fitDataset` evaluates, checked. */
export function validationExamples(
  compiled: Compiled,
  args: DpTrainingArgs,
): Omit<TrainingExamples, 'training'> {
  const standardized = new Standardized(compiled);
  return {validating: standardized.validating(args), dispose: () => standardized.dispose()};
}

/** Tensors as the model takes them. Those that had to be made are disposed together, and nothing that was given. */
class Standardized {
  private readonly made: tf.Tensor[] = [];

  constructor(private readonly compiled: Compiled) {}

  /** @param given - By the name that errors call it. */
  of(given: Readonly<Record<string, Given>>): [x: tf.Tensor[], y: tf.Tensor[]] {
    for (const [name, tensors] of Object.entries(given)) {
      if (isGiven(tensors)) {
        checkNumbers(name, tensors);
        continue;
      }
      throw new DpError(
        'INVALID_OPTION',
        `${name} must be a tensor, one an input or output, or by name, got ${Array.isArray(tensors) ? 'an array' : typeof tensors}: make one by tf.tensor(...)`,
      );
    }
    const [x, y] = Object.values(given) as [Given, Given];
    const both = this.compiled.standardize(x, y);
    const known = new Set([...listOfGiven(x), ...listOfGiven(y)]);
    this.made.push(...both.flat().filter((tensor) => !known.has(tensor)));
    return both;
  }

  rowsOf(tensors: readonly tf.Tensor[], from: number, size: number): tf.Tensor[] {
    const rows = tensors.map((tensor) => tf.slice(tensor, from, size));
    this.made.push(...rows);
    return rows;
  }

  validating({validationData, privateValidation}: DpTrainingArgs): ValidationExamples | undefined {
    if (validationData === undefined) {
      if (privateValidation === undefined) return undefined;
      throw new DpError(
        'INVALID_OPTION',
        'privateValidation needs validationData (or, in fit, validationSplit)',
      );
    }
    const [xs, ys] = validationData;
    const [x, y] = this.of({'validationData[0]': xs, 'validationData[1]': ys});
    return {x, y};
  }

  dispose(): void {
    tf.dispose(this.made);
  }
}

/** Before anything is drawn: an empty batch would be released, and a later one refused. */
function checkNumbers(name: string, tensors: Given): void {
  const other = listOfGiven(tensors).find(({dtype}) => dtype === 'string' || dtype === 'complex64');
  if (other === undefined) return;
  throw new DpError(
    'INVALID_OPTION',
    `${name} must hold real numbers (float32, int32 or bool), got ${other.dtype}: encode it first, as by tf.oneHot`,
  );
}

function checkWeights(weights: tf.Tensor | undefined, n: number): void {
  if (weights === undefined) return;
  const given: unknown = weights;
  if (isTensor(given) && given.rank === 1 && given.size === n) return;
  const got = isTensor(given) ? `shape [${given.shape.join(', ')}]` : typeof given;
  throw new DpError(
    'INVALID_OPTION',
    `sampleWeight must be a tensor of one weight for each of ${n} examples, got ${got}`,
  );
}

function checkSplit({validationData, validationSplit}: DpFitArgs, {validation}: PrivacyConfig): void {
  if (validationSplit === undefined) return;
  if (!Number.isFinite(validationSplit) || validationSplit <= 0 || validationSplit >= 1) {
    throw new DpError('INVALID_OPTION', `validationSplit must be in (0, 1), got ${shown(validationSplit)}`);
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
