import type * as tf from '@tensorflow/tfjs-core';
import {
  model as layersModel,
  Sequential,
  sequential,
  type History,
  type LayersModel,
} from '@tensorflow/tfjs-layers';
import {DpError, type Ledger, type PrivacySpent} from '@dp/optimizers';

import {checkpointOf, readCheckpoint, restoreCheckpoint} from '../checkpoint/checkpoint.js';
import {compiledOf, trainableVariables} from '../layers/compiled.js';
import {tensorDataset, type RandomAccessDataset} from '../data/dataset.js';
import {
  checkFitArgs,
  checkShuffle,
  checkTrainingArgs,
  type DpFitArgs,
  type DpTrainingArgs,
} from '../args/fit_args.js';
import {fitPlan} from '../train/fit.js';
import {checkLayers} from '../layers/guards.js';
import {pendingOptimizer} from '../plan/pending_optimizer.js';
import {
  checkPlannedOptimizer,
  TrainingPlan,
  type PlannedOptimizer,
  type PlanOptions,
  type Position,
} from '../plan/plan.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import {trainingExamples, type Given} from '../train/training_examples.js';
import {validation, type ValidationExamples} from '../train/validation.js';

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
  private compileArgs: DpCompileArgs | undefined;
  private plan: TrainingPlan | undefined;
  private resumeFrom: Position | undefined;
  private isTraining = false;

  /** @param layersModel - Not copied: training changes its weights. */
  constructor(readonly layersModel: LayersModel) {}

  /** Every release of training. Undefined until the optimizer is made. */
  get ledger(): Ledger | undefined {
    return this.plan?.ledger;
  }

  /**
   * Prepares training.
   *
   * @param args - `loss` as in tf.js, by name or as a function of (yTrue, yPred), which returns one loss an example, [B] or
   *   [B, ...], and not their mean. `metrics` as in tf.js; training metrics are covered by no epsilon.
   * @throws DpError INVALID_OPTION for options that do not fit together; and what tf.js throws.
   */
  compile(args: DpCompileArgs): void {
    const {optimizer, privacy, ...rest} = args;
    checkPlannedOptimizer(privacy, optimizer);
    checkLayers(this.layersModel);
    this.layersModel.compile({
      ...rest,
      optimizer: typeof optimizer === 'function' ? pendingOptimizer() : optimizer,
    });
    this.compileArgs = args;
    this.plan = undefined;
    this.resumeFrom = undefined;
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
    checkFitArgs(args);
    const {privacy} = this.compiled();
    checkShuffle(args.shuffle, privacy.sampling ?? 'poisson');
    const examples = trainingExamples(compiledOf(this.layersModel), {x, y}, args, privacy);
    try {
      const {training, validating} = examples;
      return await this.train(tensorDataset(training), args, validating && {...validating, ...args});
    } finally {
      examples.dispose();
    }
  }

  /**
   * Trains on records that are fetched by index.
   *
   * @param dataset - Sensitive.
   * @throws As `fit`.
   */
  async fitDataset(dataset: RandomAccessDataset, args: DpTrainingArgs = {}): Promise<History> {
    if (typeof (dataset as Partial<RandomAccessDataset>).get !== 'function') {
      throw new DpError(
        'UNSUPPORTED',
        'fitDataset draws records by index: give {numExamples, get(indices)}. For a stream, take steps with the optimizer, whose ledger then composes all of them',
      );
    }
    checkTrainingArgs(args);
    return this.train(dataset, args);
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

  /** What training has spent so far. @throws DpError UNSUPPORTED before the first `fit`. */
  privacySpent(): PrivacySpent {
    return this.planned().spent();
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
    const {optimizer, privacy} = this.compiled();
    const checkpoint = readCheckpoint(bytes);
    const {noiseMultiplier, rest, constants} = checkpoint;
    privacy.ledger?.checkHolds(checkpoint.ledger);
    const plan = this.newPlan({
      optimizer,
      batchSize: constants.batchSize,
      epochs: 1,
      resumed: {noiseMultiplier, rest},
    });
    await restoreCheckpoint(this.layersModel, plan, checkpoint);
    this.use(plan);
    this.resumeFrom = checkpoint.position;
  }

  private async train(
    dataset: RandomAccessDataset,
    args: DpTrainingArgs,
    validating?: ValidationExamples & Pick<DpFitArgs, 'privateValidation'>,
  ): Promise<History> {
    const {privacy} = this.compiled();
    if (dataset.numExamples !== privacy.numExamples) {
      throw new DpError(
        'INVALID_OPTION',
        `privacy.numExamples must be the number of training records, which is ${dataset.numExamples}, got ${privacy.numExamples}`,
      );
    }
    if (this.isTraining)
      throw new DpError('UNSUPPORTED', 'another fit of this model is going on; await it first');
    this.isTraining = true;
    try {
      const plan = this.planFor(args);
      const from = this.begin(args);
      const {layersModel: model} = this;
      const {batchSize} = plan;
      const validate = validating && validation(validating, {...validating, model, plan, batchSize});
      return await fitPlan({model, plan, from, args, dataset, validate});
    } finally {
      this.isTraining = false;
    }
  }

  /** Where to begin: at `initialEpoch`, or where the checkpoint was made. */
  private begin({initialEpoch}: DpTrainingArgs): Position {
    const {resumeFrom} = this;
    if (resumeFrom !== undefined && initialEpoch !== undefined && initialEpoch !== resumeFrom.epoch) {
      throw new DpError(
        'INVALID_OPTION',
        `initialEpoch must be that of the checkpoint (${resumeFrom.epoch}), got ${initialEpoch}; leave it out`,
      );
    }
    this.resumeFrom = undefined;
    return resumeFrom ?? {epoch: initialEpoch ?? 0, batch: 0};
  }

  /** The plan of all calls of `fit` with one batch size. */
  private planFor({batchSize, epochs = 1, initialEpoch = 0}: DpTrainingArgs): TrainingPlan {
    const {optimizer} = this.compiled();
    const {plan} = this;
    const expected = plan?.batchSize ?? expectedBatchSize(optimizer);
    if (plan !== undefined && (batchSize ?? expected) === plan.batchSize) return plan;
    return this.use(
      this.newPlan({
        optimizer: plan?.optimizer ?? optimizer,
        batchSize: batchSize ?? expected ?? 32,
        epochs: epochs - initialEpoch,
      }),
    );
  }

  private newPlan(options: Omit<PlanOptions, 'privacy' | 'numParameters'>): TrainingPlan {
    const numParameters = trainableVariables(this.layersModel).reduce((sum, {size}) => sum + size, 0);
    return new TrainingPlan({...options, privacy: this.compiled().privacy, numParameters});
  }

  private use(plan: TrainingPlan): TrainingPlan {
    this.layersModel.optimizer = plan.optimizer;
    return (this.plan = plan);
  }

  private planned(): TrainingPlan {
    if (this.plan !== undefined) return this.plan;
    throw new DpError('UNSUPPORTED', 'nothing is planned before the first fit, so that nothing is spent');
  }

  private compiled(): DpCompileArgs {
    if (this.compileArgs === undefined)
      throw new DpError(
        'UNSUPPORTED',
        'the model must be compiled with optimizer, loss and privacy before it is fitted',
      );
    return this.compileArgs;
  }
}

function expectedBatchSize(optimizer: PlannedOptimizer): number | undefined {
  return typeof optimizer === 'function' ? undefined : optimizer.privacyOptions.expectedBatchSize;
}

/** A private model with the layers of a `tf.LayersModel`, whose weights it trains. */
export function makePrivate(model: LayersModel): DpModel {
  return new DpModel(model);
}

/** As `tf.sequential`, trained with differential privacy. */
export function dpSequential(config?: Parameters<typeof sequential>[0]): DpModel {
  return new DpModel(sequential(config));
}

/** As `tf.model`, trained with differential privacy. */
export function dpModel(config: Parameters<typeof layersModel>[0]): DpModel {
  return new DpModel(layersModel(config));
}
