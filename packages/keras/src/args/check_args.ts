import {DpError} from '@dp/optimizers';

import {shown} from './shown.js';
import {kindOf, type SamplingChoice} from '../plan/sampling.js';
import type {DpFitArgs, DpTrainingArgs} from './fit_args.js';

const TRAINING_ARGS: Readonly<Record<keyof DpTrainingArgs, true>> = {
  batchSize: true,
  epochs: true,
  initialEpoch: true,
  verbose: true,
  callbacks: true,
  yieldEvery: true,
  classWeight: true,
  validationData: true,
  privateValidation: true,
  maxPhysicalBatch: true,
  signal: true,
  workers: true,
};

const FIT_ARGS: Readonly<Record<keyof DpFitArgs, true>> = {
  ...TRAINING_ARGS,
  validationSplit: true,
  sampleWeight: true,
  shuffle: true,
};

/** Arguments of tf.js that a private model does not take, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  stepsPerEpoch: 'an epoch is ceil(privacy.numExamples / batchSize) steps, which is what is accounted',
  batchesPerEpoch: 'an epoch is ceil(privacy.numExamples / batchSize) steps, which is what is accounted',
  validationSteps: 'all validation examples are evaluated; give fewer of them',
  validationBatches: 'all validation examples are evaluated; give fewer of them',
  validationBatchSize: 'validation takes the batchSize of training, which changes no figure',
};

/** @throws DpError INVALID_OPTION for a name that is not one of `DpFitArgs`: nothing is ignored. */
export function checkFitArgs(args: DpFitArgs): void {
  checkNames('fit', args, FIT_ARGS);
  checkValues(args);
}

/** The same for `DpTrainingArgs`. */
export function checkTrainingArgs(args: DpTrainingArgs): void {
  checkNames('fitDataset', args, TRAINING_ARGS);
  checkValues(args);
}

/** @throws DpError INVALID_OPTION if `shuffle` is not what the sampling does. */
export function checkShuffle(shuffle: boolean | undefined, sampling: SamplingChoice): void {
  if (shuffle === undefined || shuffle === (sampling !== 'fixed')) return;
  throw new DpError(
    'INVALID_OPTION',
    `shuffle must agree with privacy.sampling ('${kindOf(sampling)}'), got ${JSON.stringify(shuffle)}; leave it out, or change privacy.sampling`,
  );
}

function checkNames(of: string, args: unknown, known: Readonly<Record<string, true>>): void {
  if (typeof args !== 'object' || args === null)
    throw new DpError('INVALID_OPTION', `the arguments of ${of} must be an object, got ${shown(args)}`);
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    const why = Object.hasOwn(REFUSED, name) ? `: ${REFUSED[name]}` : '';
    throw new DpError(
      'INVALID_OPTION',
      `${of} of a private model takes no argument '${name}'${why}; it takes ${Object.keys(known).join(', ')}`,
    );
  }
}

function checkValues(args: DpTrainingArgs): void {
  const {batchSize, epochs = 1, initialEpoch = 0, verbose, maxPhysicalBatch} = args;
  integer('batchSize', batchSize, 1);
  integer('epochs', epochs, 1);
  integer('initialEpoch', initialEpoch, 0);
  integer('maxPhysicalBatch', maxPhysicalBatch, 1);
  if (verbose !== undefined && ![0, 1].includes(verbose))
    throw new DpError('INVALID_OPTION', `verbose must be 0 or 1, got ${shown(verbose)}`);
  checkCallbacks(args.callbacks);
  checkYieldEvery(args.yieldEvery);
  checkValidation(args);
}

function checkCallbacks(callbacks: unknown): void {
  if (callbacks === undefined) return;
  for (const callback of [callbacks].flat() as readonly unknown[]) {
    if (typeof callback === 'object' && callback !== null) continue;
    throw new DpError(
      'INVALID_OPTION',
      `callbacks must be an object of functions, such as {onEpochEnd(epoch, logs) {...}}, a tf.CustomCallback, or a list of these; got ${typeof callback}`,
    );
  }
}

function checkYieldEvery(yieldEvery: unknown): void {
  const names: readonly unknown[] = [undefined, 'auto', 'batch', 'epoch', 'never'];
  if (names.includes(yieldEvery) || (typeof yieldEvery === 'number' && yieldEvery > 0)) return;
  throw new DpError(
    'INVALID_OPTION',
    `yieldEvery must be 'auto', 'batch', 'epoch', 'never' or a number of milliseconds > 0, got ${JSON.stringify(yieldEvery)}`,
  );
}

function checkValidation({validationData, privateValidation}: DpTrainingArgs): void {
  const data: unknown = validationData;
  if (data !== undefined && !(Array.isArray(data) && data.length === 2)) {
    throw new DpError(
      'INVALID_OPTION',
      `validationData must be [x, y], got ${Array.isArray(data) ? `a list of ${data.length}` : typeof data}; it takes no weights`,
    );
  }
  if (privateValidation === undefined) return;
  const {countNoise} = privateValidation;
  if (!(countNoise > 0 && countNoise <= 2 ** 24)) {
    throw new DpError(
      'INVALID_OPTION',
      `privateValidation.countNoise must be a number in (0, 2^24], got ${shown(countNoise)}`,
    );
  }
}

/** @throws DpError INVALID_OPTION unless it is left out, or an integer of at least so much. */
export function integer(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new DpError('INVALID_OPTION', `${name} must be an integer >= ${least}, got ${shown(value)}`);
}
