import {
  accuracyRow,
  DpError,
  epsilonAfter,
  Ledger,
  privacySpent,
  type ForeseenRun,
  type PrivacySpent,
  type PrivateAccuracyOptions,
  type PrivateOptimizer,
  type RestOfEpoch,
  type Sampler,
} from '@dp/optimizers';

import {Budget} from './budget.js';
import {calibratedOptimizer, makeOptimizer, type PlannedOptimizer} from './planned_optimizer.js';
import type {PrivacyConfig} from './privacy.js';
import {Reservations, type ReservationOptions} from './reservations.js';
import {makeSampler} from './sampling.js';
import {countOptions, type ValidationCount} from './validation_count.js';

/** What a plan is made of. */
export interface PlanOptions {
  readonly privacy: PrivacyConfig;
  readonly optimizer: PlannedOptimizer;
  readonly batchSize: number;
  /** Of the first `fit`, for calibration, unless `privacy.plannedEpochs` tells them. */
  readonly epochs: number;
  /** D. */
  readonly numParameters: number;
  /** Released after each epoch of the first `fit`. */
  readonly count?: ValidationCount | undefined;
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
  /** The place after the last step. */
  position: Position = {epoch: 0, batch: 0};
  /** What is released after each epoch of the run under way. */
  count: ValidationCount | undefined;
  /** What noise was calibrated to, or the optimizer has by itself. */
  readonly noiseMultiplier: number;
  /** Epochs that the optimizer was made for. */
  readonly plannedEpochs: number;
  private readonly epsilonBudget: Budget | undefined;
  private readonly reservations: Reservations;
  private readonly parts: ReservationOptions;

  /** @throws DpError INVALID_OPTION for constants that do not fit together. */
  constructor(options: PlanOptions) {
    const {privacy, batchSize, numParameters, resumed} = options;
    const {numExamples, sampling = 'poisson', unit = 'example', randomSource, delta} = privacy;
    this.privacy = privacy;
    this.batchSize = batchSize;
    this.count = options.count;
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
    const parts = {optimizer: this.optimizer, sampler: this.sampler, numParameters};
    this.parts = parts;
    this.reservations = new Reservations(parts);
    const epsilon = privacy.budget ?? privacy.targetEpsilon;
    const besides = (steps: number): ForeseenRun[] => this.countsWithin(steps);
    if (epsilon !== undefined) this.epsilonBudget = new Budget({...parts, epsilon, delta, besides});
  }

  get ledger(): Ledger {
    return this.optimizer.ledger;
  }

  /** What has been spent so far. */
  spent(): PrivacySpent {
    return privacySpent(this.ledger, {delta: this.privacy.delta});
  }

  /** What will have been spent after so many more steps, with what whole epochs release beside them. */
  epsilonAfter(steps: number): number {
    const {optimizer, sampler, numParameters} = this.parts;
    const runs = optimizer.foreseeRuns(sampler.announceRuns(steps), numParameters);
    const {delta} = this.privacy;
    return epsilonAfter(this.ledger, [...runs, ...this.countsWithin(steps)], {delta});
  }

  /**
   * Whether one more step keeps the budget.
   *
   * @param remaining - Steps that are planned from here, this one among them.
   */
  allowsNextOf(remaining: number): boolean {
    return this.epsilonBudget?.allowsNextOf(remaining) ?? true;
  }

  /**
   * Resolves when what the next step may release is durable, where the ledger's storage needs that.
   *
   * @param remaining - Steps that are planned from here, this one among them; it is allowed.
   */
  async reserveNextOf(remaining: number): Promise<void> {
    const allowed = 1 + (this.epsilonBudget?.allowedAfterNext ?? Infinity);
    await this.reservations.next(Math.min(remaining, allowed));
  }

  /** The next count over the validation examples. */
  countRelease(count: ValidationCount): PrivateAccuracyOptions {
    const {privacy, ledger, optimizer} = this;
    return countOptions(count, {
      privacy,
      ledger,
      className: optimizer.getClassName(),
      step: optimizer.iterations,
    });
  }

  /** The counts that the next steps come by. */
  private countsWithin(steps: number): ForeseenRun[] {
    const {count, position, sampler} = this;
    const epochs = Math.floor((position.batch + steps) / sampler.stepsPerEpoch);
    return count === undefined || epochs === 0
      ? []
      : [{row: accuracyRow(this.countRelease(count)), count: epochs}];
  }

  /** And what its noise was calibrated to, or is by itself. */
  private optimizerOf(options: PlanOptions): [PrivateOptimizer, number] {
    const {optimizer, resumed, numParameters} = options;
    if (typeof optimizer !== 'function') return [optimizer, optimizer.privacyOptions.noiseMultiplier];
    const {privacy, sampler, batchSize, plannedEpochs: epochs} = this;
    const {ledger = new Ledger()} = privacy;
    const place = {privacy, ledger, className: 'planned', step: 0};
    const besides =
      options.count === undefined
        ? []
        : [{row: accuracyRow(countOptions(options.count, place)), count: epochs}];
    const request = {privacy, sampler, batchSize, ledger, epochs, numParameters, besides};
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
    if (sampling === 'shuffle' || sampling === 'fixed' || sampling === 'stream') return;
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
