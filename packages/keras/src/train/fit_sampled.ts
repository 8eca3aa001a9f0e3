import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {PrivateOptimizer, type DrawnBatch, type Sampler} from '@dp/optimizers';

import {integer} from '../args/check_args.js';
import {listOf, type RandomAccessDataset} from '../data/dataset.js';
import {compiledOf, trainableVariables, type Compiled} from '../layers/compiled.js';
import {perExampleLosses} from '../layers/losses.js';
import {Reservations} from '../plan/reservations.js';
import {outputsOf} from '../step/train_piece.js';
import type {StepStatistics} from '../step/train_step.js';
import {openSteps, type Steps} from '../workers/open_steps.js';
import type {Workers} from '../workers/options.js';

/** What is known after a step. `loss` and `examples` belong to this machine: no epsilon covers them. */
export interface StepReport {
  /** Steps done, from 1. */
  readonly step: number;
  readonly epoch: number;
  /** Mean loss of the batch; NaN for an empty one. Local, not private. */
  readonly loss: number;
  /** Size of the batch. Local, not private. */
  readonly examples: number;
}

/** Options of `fitSampled`. */
export interface FitSampledOptions {
  /** Draws each batch, and says how: the ledger of a private optimizer records it. */
  readonly sampler: Sampler;
  readonly epochs: number;
  /**
   * Process at most so many examples at once: a batch that is larger goes in pieces, and noise is added once. It affects
   * memory, not privacy. Default: no limit.
   */
  readonly maxPhysicalBatch?: number;
  /** Threads that share each batch of a private optimizer, as in `fit`. Default: 1. */
  readonly workers?: Workers;
  readonly onStep?: (report: StepReport) => void;
  /** Awaited after each epoch, with the number of epochs done. */
  readonly onEpochEnd?: (epoch: number) => void | Promise<void>;
  /** Ends training after the step under way. */
  readonly signal?: AbortSignal;
}

/** Where training stopped. */
export interface FitSampledResult {
  readonly steps: number;
  /** Whole epochs done. */
  readonly epochs: number;
  readonly aborted: boolean;
}

/**
 * Trains a compiled model on batches drawn by a sampler. With a private optimizer every step writes how its batch was
 * drawn to the ledger, so that the accounting follows what happened; an empty batch is a step of noise alone. With any
 * other optimizer it is plain training on the same batches.
 *
 * @param model - Compiled. A custom loss gets (yTrue, yPred) and returns one loss per example.
 * @param dataset - Sensitive.
 * @throws DpError UNSUPPORTED for a model that is not compiled; and what the optimizer throws.
 */
export async function fitSampled(
  model: LayersModel,
  dataset: RandomAccessDataset,
  options: FitSampledOptions,
): Promise<FitSampledResult> {
  const {optimizer} = model;
  const {maxPhysicalBatch = Infinity, workers, sampler} = options;
  // Unlike in `fit` there is no default.
  integer('epochs', typeof options.epochs === 'number' ? options.epochs : NaN, 1);
  if (maxPhysicalBatch !== Infinity) integer('maxPhysicalBatch', maxPhysicalBatch, 1);
  const compiled = compiledOf(model);
  if (!(optimizer instanceof PrivateOptimizer)) {
    const take = (drawn: DrawnBatch): StepStatistics => plainStep(model, compiled, dataset, drawn);
    return train({take, dispose: () => undefined}, undefined, options);
  }
  const numParameters = trainableVariables(model).reduce((sum, {size}) => sum + size, 0);
  const reservations = new Reservations({optimizer, sampler, numParameters});
  const steps = await openSteps({model, compiled, optimizer, dataset, maxPhysicalBatch}, workers);
  try {
    const result = await train(steps, reservations, options);
    await optimizer.ledger.flush();
    return result;
  } finally {
    steps.dispose();
  }
}

async function train(
  steps: Steps,
  reservations: Reservations | undefined,
  {sampler, epochs, onStep, onEpochEnd, signal}: FitSampledOptions,
): Promise<FitSampledResult> {
  const planned = epochs * sampler.stepsPerEpoch;
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = 0; i < sampler.stepsPerEpoch; i++) {
      if (signal?.aborted === true) return {steps: step, epochs: epoch, aborted: true};
      await reservations?.next(planned - step);
      const {size, values} = await steps.take(sampler.next());
      step++;
      onStep?.({step, epoch, loss: values['loss'] ?? NaN, examples: size});
      // Lets timers, signals and the page run.
      await tf.nextFrame();
    }
    await onEpochEnd?.(epoch + 1);
  }
  return {steps: step, epochs, aborted: false};
}

/** The same batch without privacy. */
function plainStep(
  model: LayersModel,
  compiled: Compiled,
  dataset: RandomAccessDataset,
  {indices}: DrawnBatch,
): StepStatistics {
  const size = indices.length;
  if (size === 0) return {size, values: {}};
  return tf.tidy(() => {
    const {x, y} = dataset.get(indices);
    const lossFn = (): tf.Scalar => {
      const losses = perExampleLosses(compiled, listOf(y), outputsOf(model, listOf(x)), []);
      return tf.addN([tf.mean(losses), ...compiled.regularizers()]);
    };
    const loss = model.optimizer.minimize(lossFn, true, trainableVariables(model));
    return {size, values: {loss: loss?.dataSync()[0] ?? NaN}};
  });
}
