import {
  DpError,
  Ledger,
  privacySpent,
  type PrivacySpent,
  type PrivateOptimizer,
  type RestOfEpoch,
  type Sampler,
} from '@dp/optimizers';

import {Budget} from './budget.js';
import {calibratedOptimizer, makeOptimizer, type PlannedOptimizer} from './planned_optimizer.js';
import type {PrivacyConfig} from './privacy.js';
import {makeSampler} from './sampling.js';

/** What a plan is made of. */
export interface PlanOptions {
  readonly privacy: PrivacyConfig;
  readonly optimizer: PlannedOptimizer;
  readonly batchSize: number;
  /** Of the first `fit`, for calibration, unless `privacy.plannedEpochs` tells them. */
  readonly epochs: number;
  /** D. */
  readonly numParameters: number;
  /** Of a run that goes on: its noise is not calibrated anew, and its epoch is finished. */
  readonly resumed?: {readonly noiseMultiplier: number; readonly rest: RestOfEpoch | undefined};
}

/** Where training is: whole epochs done, and batches of the next. */
export interface Position {
  readonly epoch: number;
  readonly batch: number;
}

/**
 * Sampler, clipping, noise and the event that is accounted, made from one set of constants: what is declared once cannot
 * disagree with itself.
 */
export class TrainingPlan {
  readonly privacy: PrivacyConfig;
  readonly batchSize: number;
  readonly optimizer: PrivateOptimizer;
  readonly sampler: Sampler;
  /** The last step's place. */
  position: Position = {epoch: 0, batch: 0};
  /** What noise was calibrated to, or the optimizer has by itself. */
  readonly noiseMultiplier: number;
  /** Epochs that the optimizer was made for. */
  readonly plannedEpochs: number;
  private readonly epsilonBudget: Budget | undefined;

  /** @throws DpError INVALID_OPTION for constants that do not fit together. */
  constructor(options: PlanOptions) {
    const {privacy, batchSize, numParameters, resumed} = options;
    const {numExamples, sampling = 'poisson', unit = 'example', randomSource, delta} = privacy;
    this.privacy = privacy;
    this.batchSize = batchSize;
    this.plannedEpochs = privacy.plannedEpochs ?? options.epochs;
    this.sampler = makeSampler({
      sampling,
      unit,
      numExamples,
      batchSize,
      rest: resumed?.rest,
      ...(randomSource !== undefined && {source: randomSource}),
    });
    [this.optimizer, this.noiseMultiplier] = this.optimizerOf(options);
    this.checkFits();
    // What cannot be accounted for is refused here, before the first batch.
    this.optimizer.foreseeRuns(this.sampler.announceRuns(1), numParameters);
    const epsilon = privacy.budget ?? privacy.targetEpsilon;
    if (epsilon !== undefined)
      this.epsilonBudget = new Budget({
        optimizer: this.optimizer,
        sampler: this.sampler,
        epsilon,
        delta,
        numParameters,
      });
  }

  get ledger(): Ledger {
    return this.optimizer.ledger;
  }

  /** What has been spent so far. */
  spent(): PrivacySpent {
    return privacySpent(this.ledger, {delta: this.privacy.delta});
  }

  /**
   * Whether one more step keeps the budget.
   *
   * @param remaining - Steps that are planned from here, this one among them.
   */
  allowsNextOf(remaining: number): boolean {
    return this.epsilonBudget?.allowsNextOf(remaining) ?? true;
  }

  /** And what its noise was calibrated to, or is by itself. */
  private optimizerOf(options: PlanOptions): [PrivateOptimizer, number] {
    const {optimizer, resumed, numParameters} = options;
    if (typeof optimizer !== 'function') return [optimizer, optimizer.privacyOptions.noiseMultiplier];
    const {privacy, sampler, batchSize, plannedEpochs: epochs} = this;
    const {ledger = new Ledger()} = privacy;
    const request = {privacy, sampler, batchSize, ledger, epochs, numParameters};
    if (resumed !== undefined) {
      const {noiseMultiplier} = resumed;
      return [makeOptimizer(optimizer, noiseMultiplier, request), noiseMultiplier];
    }
    const calibrated = calibratedOptimizer(optimizer, request);
    return [calibrated.optimizer, calibrated.noiseMultiplier];
  }

  private checkFits(): void {
    const {expectedBatchSize, microbatchSize, mayExceed} = this.optimizer.privacyOptions;
    if (expectedBatchSize !== this.batchSize) {
      throw new DpError(
        'INVALID_OPTION',
        `batchSize must be what the optimizer expects (expectedBatchSize ${expectedBatchSize}), got ${this.batchSize}`,
      );
    }
    const {sampling = 'poisson'} = this.privacy;
    if (sampling === 'shuffle' || sampling === 'fixed') return;
    if (!mayExceed) {
      throw new DpError(
        'INVALID_OPTION',
        `a Poisson batch may hold more than numMicrobatches (${expectedBatchSize}) examples: give the optimizer expectedBatchSize: ${expectedBatchSize} as well`,
      );
    }
    if (microbatchSize > 1) {
      throw new DpError(
        'UNSUPPORTED',
        `microbatches of ${microbatchSize} examples need batches of fixed size: use numMicrobatches: ${expectedBatchSize}, or privacy.sampling: 'shuffle'`,
      );
    }
  }
}
