import type * as tf from '@tensorflow/tfjs-core';
import {Sequential, type History, type LayersModel} from '@tensorflow/tfjs-layers';
import {DpError, privacySpent, type Ledger, type PrivacySpent} from '@dp/optimizers';

import {checkFitArgs, checkShuffle, checkTrainingArgs} from '../args/check_args.js';
import type {DpFitArgs, DpTrainingArgs} from '../args/fit_args.js';
import {checkpointOf} from '../checkpoint/checkpoint.js';
import {tensorDataset, type RandomAccessDataset} from '../data/dataset.js';
import type {Given} from '../data/given.js';
import type {BatchStream} from '../data/stream.js';
import {compiledOf} from '../layers/compiled.js';
import {checkLayers} from '../layers/mixing_layers.js';
import {pendingOptimizer} from '../plan/pending_optimizer.js';
import type {TrainingPlan} from '../plan/plan.js';
import {checkPlannedOptimizer, type PlannedOptimizer} from '../plan/planned_optimizer.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import {trainingExamples, validationExamples} from '../train/training_examples.js';
import {checkGoesOn, earlierLedger, recordsIn} from './earlier_ledger.js';
import {batchesByIndex, batchesOf} from './open_batches.js';
import {Training} from './training.js';

type ModelCompileArgs = Parameters<LayersModel['compile']>[0];
type EvaluateArgs = Parameters<LayersModel['evaluate']>[2];
type PredictArgs = Parameters<LayersModel['predict']>[1];

/** Arguments of `compile`, as in tf.js, with privacy. */
export interface DpCompileArgs extends Omit<ModelCompileArgs, 'optimizer'> {
  /** A private optimizer; or, for `privacy.targetEpsilon`, a function that makes one of the calibrated options. */
  readonly optimizer: PlannedOptimizer;
  readonly privacy: PrivacyConfig;
}

/** A `tf.LayersModel` that is trained with differential privacy, and knows what that has cost. */
export class DpModel {
  private training: Training | undefined;

  /** @param layersModel - Not copied: training changes its weights. */
  constructor(readonly layersModel: LayersModel) {}

  /** Every release of training, whoever called the optimizer. Undefined until there is one. */
  get ledger(): Ledger | undefined {
    return this.training?.ledger;
  }

  /**
   * Prepares training.
   *
   * @param args - `loss` as in tf.js, by name or as a function of (yTrue, yPred), which returns one loss an example, [B] or
   *   [B, ...], and not their mean. `metrics` as in tf.js; training metrics are covered by no epsilon.
   * A model that is compiled again goes on in its ledger.
   *
   * @throws DpError INVALID_OPTION for options that do not fit together; LEDGER_MISSING for another ledger than that of the
   *   weights; MIXES_EXAMPLES for a layer that does; and what tf.js throws.
   */
  compile(args: DpCompileArgs): void {
    const {optimizer, privacy, ...rest} = args;
    const {layersModel: model} = this;
    checkPlannedOptimizer(privacy, optimizer);
    if ((rest.loss as unknown) === undefined)
      throw new DpError(
        'INVALID_OPTION',
        'compile needs a loss, by name or as a function that returns one value an example',
      );
    checkLayers(model);
    const ledger =
      typeof optimizer === 'function' ? (privacy.ledger ?? earlierLedger(model)) : optimizer.ledger;
    if (ledger !== undefined) {
      checkGoesOn(model, ledger);
      recordsIn(model, ledger);
    }
    model.compile({
      ...rest,
      optimizer: typeof optimizer === 'function' ? pendingOptimizer() : optimizer,
    });
    const isMade = typeof optimizer !== 'function' || ledger === undefined;
    this.training = new Training({model, optimizer, privacy: isMade ? privacy : {...privacy, ledger}});
  }

  /**
   * Trains on tensors in memory, as `tf.LayersModel.fit` does, with batches drawn by `privacy.sampling`.
   *
   * @param x - Examples at axis 0: one tensor, one an input, or by name. Sensitive.
   * @param y - Their labels. Sensitive.
   * @returns As in tf.js, with `epsilon` after each epoch. What else it holds comes straight from the examples and is covered by
   *   no epsilon.
   * @throws DpError INVALID_OPTION; BUDGET_SPENT if not one step is left; and what a step throws.
   */
  async fit(x: Given, y: Given, args: DpFitArgs = {}): Promise<History> {
    const training = this.compiledTraining();
    const {privacy} = training;
    checkFitArgs(args);
    checkShuffle(args.shuffle, privacy.sampling ?? 'poisson');
    const compiled = compiledOf(this.layersModel);
    const examples = trainingExamples(compiled, {x, y}, args, privacy);
    try {
      const batches = batchesByIndex(tensorDataset(examples.training), privacy);
      return await training.run({compiled, batches, args, validating: examples.validating});
    } finally {
      examples.dispose();
    }
  }

  /**
   * Trains on records that are fetched by index; or on a stream of batches, for `privacy.sampling: 'stream'`.
   *
   * @param dataset - Sensitive. Of a stream each epoch asks for an iterator of its own, which must deliver each of
   *   `privacy.numExamples` records once, in batches of `batchSize`; it amplifies nothing.
   * @throws DpError as `fit`; and NOT_AS_DRAWN for a stream that delivers other than is declared, before the batch takes part.
   */
  async fitDataset(dataset: RandomAccessDataset | BatchStream, args: DpTrainingArgs = {}): Promise<History> {
    const training = this.compiledTraining();
    const {privacy} = training;
    checkTrainingArgs(args);
    const compiled = compiledOf(this.layersModel);
    const batches = batchesOf(dataset, privacy, compiled);
    const {validating, dispose} = validationExamples(compiled, args);
    try {
      return await training.run({compiled, batches, args, validating});
    } finally {
      dispose();
    }
  }

  /** Adds a layer to a `dpSequential`. @throws DpError UNSUPPORTED for another model, whose graph is made already. */
  add(layer: Parameters<Sequential['add']>[0]): void {
    if (!(this.layersModel instanceof Sequential))
      throw new DpError(
        'UNSUPPORTED',
        'layers are added to a dpSequential only; make a new dpModel with them',
      );
    this.layersModel.add(layer);
  }

  /** What the ledger says that training has spent so far. @throws DpError UNSUPPORTED before the first `fit`. */
  privacySpent(): PrivacySpent {
    const {ledger, training} = this;
    // Releases of an earlier run, or of `layersModel.fit`, count without a plan.
    if (ledger === undefined || training === undefined || ledger.rows.length === 0)
      return this.planned().spent();
    return privacySpent(ledger, {delta: training.privacy.delta});
  }

  /** As `tf.LayersModel.evaluate`. What it returns is covered by no epsilon, unless the examples are public. */
  evaluate(
    x: tf.Tensor | tf.Tensor[],
    y: tf.Tensor | tf.Tensor[],
    args?: EvaluateArgs,
  ): tf.Scalar | tf.Scalar[] {
    return this.layersModel.evaluate(x, y, args);
  }

  /** As `tf.LayersModel.predict`. */
  predict(x: tf.Tensor | tf.Tensor[], args?: PredictArgs): tf.Tensor | tf.Tensor[] {
    return this.layersModel.predict(x, args);
  }

  /**
   * What training needs to go on after the process has ended: weights, the optimizer's state, the place in the epoch, and what
   * the ledger held. Private, like the weights.
   *
   * @throws DpError UNSUPPORTED before the first `fit`.
   */
  async checkpoint(): Promise<Uint8Array> {
    return checkpointOf(this.layersModel, this.planned());
  }

  /**
   * Goes on from a checkpoint: the next `fit` begins where it was made, with fresh noise. The model must be compiled as it was,
   * with the ledger of that run.
   *
   * @throws DpError CHECKPOINT for a damaged one, or one of another model or run; LEDGER_MISSING or LEDGER_CORRUPT unless the
   *   ledger is that of the checkpoint, with all of its rows.
   */
  async restore(bytes: Uint8Array): Promise<void> {
    await this.compiledTraining().restore(bytes);
  }

  private planned(): TrainingPlan {
    const plan = this.training?.planned;
    if (plan !== undefined) return plan;
    throw new DpError('UNSUPPORTED', 'nothing is planned before the first fit, so that nothing is spent');
  }

  private compiledTraining(): Training {
    if (this.training !== undefined) return this.training;
    throw new DpError(
      'UNSUPPORTED',
      'the model must be compiled with optimizer, loss and privacy before it is fitted',
    );
  }
}
