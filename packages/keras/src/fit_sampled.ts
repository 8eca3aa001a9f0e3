import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DpError, PrivateOptimizer, type BatchPiece, type DrawnBatch, type Sampler} from '@dp/optimizers';

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
  /**
   * Process at most so many examples at once: a batch that is larger goes in pieces, and noise is added once. It affects
   * memory, not privacy. Default: no limit.
   */
  readonly maxPhysicalBatch?: number;
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
  {sampler, epochs, maxPhysicalBatch = Infinity, onStep, onEpochEnd, signal}: FitSampledOptions,
): Promise<FitSampledResult> {
  const loss = perExampleLoss(model);
  const varList = trainableVariables(model);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = 0; i < sampler.stepsPerEpoch; i++) {
      if (signal?.aborted === true) return {steps: step, epochs: epoch, aborted: true};
      const drawn = sampler.next();
      const meanLoss = trainOn(
        model,
        drawn,
        loss,
        varList,
        (indices) => dataset.get(indices),
        maxPhysicalBatch,
      );
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
  drawn: DrawnBatch,
  loss: PerExampleLoss,
  varList: tf.Variable[],
  fetch: RandomAccessDataset['get'],
  maxPhysicalBatch: number,
): number {
  const {optimizer} = model;
  const {indices} = drawn;
  const lossesOf = ({x, y}: ReturnType<typeof fetch>): tf.Tensor =>
    loss(y, model.apply(x, {training: true}) as tf.Tensor);

  function* pieces(): Generator<BatchPiece> {
    for (let start = 0; start < indices.length; start += maxPhysicalBatch) {
      const batch = fetch(indices.slice(start, start + maxPhysicalBatch));
      yield {lossFn: () => lossesOf(batch), batch: [batch.x, batch.y]};
      tf.dispose([batch.x, batch.y]);
    }
  }

  if (indices.length === 0 && !(optimizer instanceof PrivateOptimizer)) return NaN;
  return tf.tidy(() => {
    const mean =
      optimizer instanceof PrivateOptimizer
        ? optimizer.minimizePieces(drawn, pieces(), varList)
        : optimizer.minimize(meanLossOf(fetch(indices), lossesOf), true, varList);
    return mean?.dataSync()[0] ?? NaN;
  });
}

function meanLossOf<T>(batch: T, lossesOf: (batch: T) => tf.Tensor): () => tf.Scalar {
  return () => tf.mean(lossesOf(batch));
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
