import {
  DpError,
  Ledger,
  PrivateOptimizer,
  privacySpent,
  type PrivacyOptions,
  type PrivacySpent,
  type Sampler,
} from '@dp/optimizers';

import {calibratedNoise} from './calibrate.js';
import {checkPrivacy, type PrivacyConfig} from './privacy.js';
import {samplingPlan, type SamplingPlan} from './sampling.js';

/** What the plan decides of an optimizer. */
export type CalibratedOptions = Required<
  Pick<PrivacyOptions, 'noiseMultiplier' | 'numMicrobatches' | 'expectedBatchSize' | 'ledger'>
> &
  Pick<PrivacyOptions, 'randomSource'>;

/** A private optimizer, or a function that makes one of what the plan has decided. */
export type PlannedOptimizer = PrivateOptimizer | ((calibrated: CalibratedOptions) => PrivateOptimizer);

/**
 * Sampler, clipping, noise and the event that is accounted, made from one set of constants: what is declared once cannot
 * disagree with itself.
 */
export class TrainingPlan {
  readonly optimizer: PrivateOptimizer;
  readonly sampler: Sampler;
  readonly sampling: SamplingPlan;

  /** @throws DpError INVALID_OPTION for constants that do not fit together. */
  constructor(
    readonly privacy: PrivacyConfig,
    optimizer: PlannedOptimizer,
    readonly batchSize: number,
    epochs: number,
  ) {
    const {numExamples, sampling = 'poisson', randomSource, targetEpsilon} = privacy;
    this.sampling = samplingPlan(sampling, {
      numExamples,
      batchSize,
      ...(randomSource !== undefined && {source: randomSource}),
    });
    this.optimizer =
      typeof optimizer === 'function'
        ? this.calibrated(optimizer, privacy.plannedEpochs ?? epochs)
        : optimizer;
    if (typeof optimizer !== 'function' && targetEpsilon !== undefined) throw notCalibrated(this.optimizer);
    this.checkFits(sampling);
    this.sampler = this.sampling.makeSampler();
  }

  /** The epsilon that may not be passed, if there is one. */
  get budget(): number | undefined {
    return this.privacy.budget ?? this.privacy.targetEpsilon;
  }

  get ledger(): Ledger {
    return this.optimizer.ledger;
  }

  /** What has been spent so far. */
  spent(): PrivacySpent {
    return privacySpent(this.ledger, {delta: this.privacy.delta});
  }

  private calibrated(
    make: (calibrated: CalibratedOptions) => PrivateOptimizer,
    epochs: number,
  ): PrivateOptimizer {
    const {targetEpsilon, delta, randomSource, ledger = new Ledger()} = this.privacy;
    if (targetEpsilon === undefined) {
      throw new DpError(
        'INVALID_OPTION',
        'an optimizer that is a function of calibrated options needs privacy.targetEpsilon; or give an optimizer with a noise multiplier',
      );
    }
    const noiseMultiplier = calibratedNoise(this.sampling, {targetEpsilon, delta, epochs});
    const optimizer = make({
      noiseMultiplier,
      numMicrobatches: this.batchSize,
      expectedBatchSize: this.batchSize,
      ledger,
      ...(randomSource !== undefined && {randomSource}),
    });
    checkOptimizer(optimizer);
    const made = optimizer.privacyOptions;
    if (made.noiseMultiplier !== noiseMultiplier || optimizer.ledger !== ledger) {
      throw new DpError(
        'INVALID_OPTION',
        `the optimizer must take the calibrated options as they are (noiseMultiplier ${noiseMultiplier}, ledger), got noiseMultiplier ${made.noiseMultiplier}. ` +
          'Write optimizer: (calibrated) => dpSGD({learningRate, l2NormClip, ...calibrated})',
      );
    }
    return optimizer;
  }

  private checkFits(sampling: string): void {
    const {expectedBatchSize, microbatchSize, mayExceed} = this.optimizer.privacyOptions;
    if (expectedBatchSize !== this.batchSize) {
      throw new DpError(
        'INVALID_OPTION',
        `batchSize must be what the optimizer expects (expectedBatchSize ${expectedBatchSize}), got ${this.batchSize}`,
      );
    }
    if (sampling !== 'poisson') return;
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
