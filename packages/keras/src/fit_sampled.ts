import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DpError, PrivateOptimizer, type Sampler} from '@dp/optimizers';

import type {RandomAccessDataset} from './dataset.js';

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
 * @param model - Compiled, with one input and one output. A custom loss gets (yTrue, yPred) and returns one loss per example.
 * @param dataset - Sensitive.
 * @throws DpError UNSUPPORTED for models with several inputs or outputs; and what the optimizer throws.
 */
export async function fitSampled(
  model: LayersModel,
  dataset: RandomAccessDataset,
  {sampler, epochs, onStep, onEpochEnd, signal}: FitSampledOptions,
): Promise<FitSampledResult> {
  const loss = perExampleLoss(model);
  const varList = trainableVariables(model);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = 0; i < sampler.stepsPerEpoch; i++) {
      if (signal?.aborted === true) return {steps: step, epochs: epoch, aborted: true};
      const drawn = sampler.next();
      const meanLoss = trainOn(model, dataset, drawn, loss, varList);
      step++;
      onStep?.({step, epoch, loss: meanLoss, examples: drawn.indices.length});
      // Lets timers, signals and the page run.
      await tf.nextFrame();
    }
    await onEpochEnd?.(epoch + 1);
  }
  return {steps: step, epochs, aborted: false};
}

function trainableVariables(model: LayersModel): tf.Variable[] {
  return model.trainableWeights
    .map((weight) => weight.read())
    .filter((tensor): tensor is tf.Variable => tensor instanceof tf.Variable);
}

type PerExampleLoss = (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

function trainOn(
  model: LayersModel,
  dataset: RandomAccessDataset,
  drawn: ReturnType<Sampler['next']>,
  loss: PerExampleLoss,
  varList: tf.Variable[],
): number {
  const {optimizer} = model;
  if (drawn.indices.length === 0 && !(optimizer instanceof PrivateOptimizer)) return NaN;
  return tf.tidy(() => {
    const batch = drawn.indices.length === 0 ? undefined : dataset.get(drawn.indices);
    const losses = (): tf.Tensor => {
      if (batch === undefined) throw new Error('an empty batch has no losses');
      return loss(batch.y, model.apply(batch.x, {training: true}) as tf.Tensor);
    };
    const mean =
      optimizer instanceof PrivateOptimizer
        ? optimizer.minimizeDrawn(drawn, losses, {
            batch: batch === undefined ? [] : [batch.x, batch.y],
            varList,
          })
        : optimizer.minimize(() => tf.mean(losses()), true, varList);
    return mean?.dataSync()[0] ?? NaN;
  });
}

function perExampleLoss(model: LayersModel): PerExampleLoss {
  // A Sequential keeps what it was compiled with in the model that it wraps.
  const compiled = model as {model?: {lossFunctions?: PerExampleLoss[]}; lossFunctions?: PerExampleLoss[]};
  const [loss, ...more] = compiled.model?.lossFunctions ?? compiled.lossFunctions ?? [];
  if (loss === undefined)
    throw new DpError('UNSUPPORTED', 'the model must be compiled with a loss before it is fitted');
  if (more.length > 0 || model.inputs.length !== 1) {
    throw new DpError(
      'UNSUPPORTED',
      `fitSampled takes models with one input and one output, got ${model.inputs.length} and ${more.length + 1}`,
    );
  }
  return loss;
}
