import type {History, LayersModel} from '@tensorflow/tfjs-layers';
import {DpError, type Ledger} from '@dp/optimizers';

import type {DpTrainingArgs} from '../args/fit_args.js';
import {readCheckpoint, restoreCheckpoint} from '../checkpoint/checkpoint.js';
import {trainableVariables, type Compiled} from '../layers/compiled.js';
import {TrainingPlan, type PlanOptions, type Position} from '../plan/plan.js';
import type {PlannedOptimizer} from '../plan/planned_optimizer.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import type {ValidationCount} from '../plan/validation_count.js';
import {fitPlan} from '../train/fit.js';
import {validation, type ValidationExamples} from '../train/validation.js';
import {recordsIn} from './earlier_ledger.js';
import type {OpenBatches} from './open_batches.js';

/** What a model was compiled with, as far as training goes. */
export interface TrainingOptions {
  readonly model: LayersModel;
  readonly optimizer: PlannedOptimizer;
  readonly privacy: PrivacyConfig;
}

/** One call of `fit`. */
export interface TrainingRun {
  readonly compiled: Compiled;
  readonly batches: OpenBatches;
  readonly args: DpTrainingArgs;
  readonly validating: ValidationExamples | undefined;
}

/** The training of a compiled model over all calls of `fit`: one plan, made by the first, and the place where to go on. */
export class Training {
  private plan: TrainingPlan | undefined;
  private resumeFrom: Position | undefined;
  private isRunning = false;

  constructor(private readonly options: TrainingOptions) {}

  get privacy(): PrivacyConfig {
    return this.options.privacy;
  }

  /** Of the optimizer that was given, or will be made; undefined where a new one will be. */
  get ledger(): Ledger | undefined {
    const {optimizer, privacy} = this.options;
    return this.plan?.ledger ?? (typeof optimizer === 'function' ? privacy.ledger : optimizer.ledger);
  }

  /** Undefined before the first `fit`. */
  get planned(): TrainingPlan | undefined {
    return this.plan;
  }

  /** @throws DpError UNSUPPORTED while another run is going on; and what the run throws. */
  async run({compiled, batches, args, validating}: TrainingRun): Promise<History> {
    if (this.isRunning)
      throw new DpError('UNSUPPORTED', 'another fit of this model is going on; await it first');
    this.isRunning = true;
    try {
      const {model} = this.options;
      const count = args.privateValidation &&
        validating && {
          numExamples: validating.y[0]?.shape[0] ?? 0,
          ...args.privateValidation,
        };
      const plan = this.planFor(args, count);
      plan.count = count;
      const from = this.begin(args);
      const validate = validating && validation(validating, {compiled, model, plan});
      return await fitPlan({model, compiled, plan, from, args, batches: batches(plan), validate});
    } finally {
      this.isRunning = false;
    }
  }

  /** Puts a checkpoint into the model; the next run begins where it was made. */
  async restore(bytes: Uint8Array): Promise<void> {
    const {model, optimizer, privacy} = this.options;
    const checkpoint = readCheckpoint(bytes);
    const {noiseMultiplier, plannedEpochs, rest, constants, position} = checkpoint;
    privacy.ledger?.checkHolds(checkpoint.ledger);
    const plan = this.newPlan({
      optimizer,
      batchSize: constants.batchSize,
      epochs: plannedEpochs,
      resumed: {noiseMultiplier, rest},
    });
    await restoreCheckpoint(model, plan, checkpoint);
    this.use(plan);
    // A stream can't be asked for the rest of an epoch: it begins anew, and what was released of it stays counted.
    this.resumeFrom = privacy.sampling === 'stream' ? {epoch: position.epoch, batch: 0} : position;
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

  /** The plan of all runs with one batch size. */
  private planFor(
    {batchSize, epochs = 1, initialEpoch = 0}: DpTrainingArgs,
    count: ValidationCount | undefined,
  ): TrainingPlan {
    const {optimizer} = this.options;
    const {plan} = this;
    const expected = plan?.batchSize ?? expectedBatchSize(optimizer);
    if (plan !== undefined && (batchSize ?? expected) === plan.batchSize) return plan;
    return this.use(
      this.newPlan({
        optimizer: plan?.optimizer ?? optimizer,
        batchSize: batchSize ?? expected ?? 32,
        epochs: Math.max(1, epochs - initialEpoch),
        count,
      }),
    );
  }

  private newPlan(options: Omit<PlanOptions, 'privacy' | 'numParameters'>): TrainingPlan {
    const {model, privacy} = this.options;
    const numParameters = trainableVariables(model).reduce((sum, {size}) => sum + size, 0);
    return new TrainingPlan({...options, privacy, numParameters});
  }

  private use(plan: TrainingPlan): TrainingPlan {
    this.options.model.optimizer = plan.optimizer;
    recordsIn(this.options.model, plan.ledger);
    return (this.plan = plan);
  }
}

function expectedBatchSize(optimizer: PlannedOptimizer): number | undefined {
  return typeof optimizer === 'function' ? undefined : optimizer.privacyOptions.expectedBatchSize;
}
