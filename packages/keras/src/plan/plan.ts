import {
  DpError,
  Ledger,
  PrivateOptimizer,
  privacySpent,
  type PrivacyOptions,
  type PrivacySpent,
  type RestOfEpoch,
  type Sampler,
} from '@dp/optimizers';

import {Budget} from './budget.js';
import {calibratedNoise} from './calibrate.js';
import {checkPrivacy, type PrivacyConfig} from './privacy.js';
import {makeSampler} from './sampling.js';

/** What the plan decides of an optimizer. */
export type CalibratedOptions = Required<
  Pick<PrivacyOptions, 'noiseMultiplier' | 'numMicrobatches' | 'expectedBatchSize' | 'ledger'>
> &
  Pick<PrivacyOptions, 'randomSource'>;

/** A private optimizer, or a function that makes one of what the plan has decided. */
export type PlannedOptimizer = PrivateOptimizer | ((calibrated: CalibratedOptions) => PrivateOptimizer);

/** What a plan is made of. */
export interface PlanOptions {
  readonly privacy: PrivacyConfig;
  readonly optimizer: PlannedOptimizer;
  readonly batchSize: number;
  /** Of the first `fit`, for calibration. */
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
  private readonly epsilonBudget: Budget | undefined;

  /** @throws DpError INVALID_OPTION for constants that do not fit together. */
  constructor(options: PlanOptions) {
    const {privacy, optimizer, batchSize, numParameters, resumed} = options;
    const {numExamples, sampling = 'poisson', unit = 'example', randomSource, delta} = privacy;
    this.privacy = privacy;
    this.batchSize = batchSize;
    this.sampler = makeSampler({
      sampling,
      unit,
      numExamples,
      batchSize,
      rest: resumed?.rest,
      ...(randomSource !== undefined && {source: randomSource}),
    });
    this.optimizer = typeof optimizer === 'function' ? this.calibrated(optimizer, options) : optimizer;
    this.checkFits();
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

  private calibrated(
    make: (calibrated: CalibratedOptions) => PrivateOptimizer,
    {epochs, numParameters, resumed}: PlanOptions,
  ): PrivateOptimizer {
    const {targetEpsilon, delta, randomSource, plannedEpochs = epochs, ledger = new Ledger()} = this.privacy;
    if (targetEpsilon === undefined) {
      throw new DpError(
        'INVALID_OPTION',
        'an optimizer that is a function of calibrated options needs privacy.targetEpsilon; or give an optimizer with a noise multiplier',
      );
    }
    const {sampler, batchSize} = this;
    const noiseMultiplier =
      resumed?.noiseMultiplier ??
      calibratedNoise({sampler, epochs: plannedEpochs, numParameters, targetEpsilon, delta});
    const optimizer = make({
      noiseMultiplier,
      numMicrobatches: batchSize,
      expectedBatchSize: batchSize,
      ledger,
      ...(randomSource !== undefined && {randomSource}),
    });
    checkOptimizer(optimizer);
    const [row] = optimizer.foresee([sampler.announce(0)], numParameters);
    if (row?.noiseMultiplier !== noiseMultiplier || optimizer.ledger !== ledger) {
      throw new DpError(
        'INVALID_OPTION',
        `the optimizer must take the calibrated options as they are (noiseMultiplier ${noiseMultiplier}, ledger), but would release with noiseMultiplier ${row?.noiseMultiplier}. ` +
          'Write optimizer: (calibrated) => dpSGD({learningRate, l2NormClip, ...calibrated})',
      );
    }
    if (row.mechanism.kind !== 'gaussian') {
      throw new DpError(
        'UNSUPPORTED',
        'noise is not calibrated for tree aggregation: give an optimizer with a noise multiplier, and privacy.budget',
      );
    }
    return optimizer;
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

/** Checks what can be checked before the batch size is known. */
export function checkPlannedOptimizer(privacy: PrivacyConfig, optimizer: PlannedOptimizer): void {
  checkPrivacy(privacy);
  if (typeof optimizer !== 'function') {
    checkOptimizer(optimizer);
    if (privacy.targetEpsilon !== undefined) throw notCalibrated(optimizer);
    if (privacy.ledger !== undefined && privacy.ledger !== optimizer.ledger) {
      throw new DpError(
        'INVALID_OPTION',
        'privacy.ledger is for an optimizer that is a function; give this optimizer the ledger itself',
      );
    }
  }
}

function notCalibrated({privacyOptions: {noiseMultiplier}}: PrivateOptimizer): DpError {
  return new DpError(
    'INVALID_OPTION',
    `privacy.targetEpsilon decides the noise, but the optimizer has noiseMultiplier ${noiseMultiplier} already. ` +
      'Write optimizer: (calibrated) => dpSGD({learningRate, l2NormClip, ...calibrated}), or use privacy.budget',
  );
}

function checkOptimizer(optimizer: unknown): void {
  if (optimizer instanceof PrivateOptimizer) return;
  const got = typeof optimizer === 'string' ? `'${optimizer}'` : typeof optimizer;
  throw new DpError(
    'INVALID_OPTION',
    `optimizer must be a private one, such as dpSGD({...}) or privatize(tf.train.adamax(0.002), {...}), or a function that returns one; got ${got}`,
  );
}
