import {
  DpError,
  PrivateOptimizer,
  type ForeseenRun,
  type Ledger,
  type PrivacyOptions,
  type Sampler,
} from '@dp/optimizers';

import {calibratedNoise, withNoise} from './calibrate.js';
import {checkPrivacy} from './check_privacy.js';
import type {PrivacyConfig} from './privacy.js';

/** What the plan decides of an optimizer. */
export interface CalibratedOptions
  extends
    Required<Pick<PrivacyOptions, 'numMicrobatches' | 'expectedBatchSize' | 'ledger'>>,
    Pick<PrivacyOptions, 'randomSource'> {
  readonly noiseMultiplier: number;
}

/** How long the planned run is: what schedules and trees are made for. Public. */
export interface PlannedSteps {
  readonly stepsPerEpoch: number;
  /** Of all planned epochs. */
  readonly steps: number;
}

/**
 * Makes a private optimizer of what the plan has decided. It is called twice: with a noise multiplier of 1, to see what a run
 * would release, and with the calibrated one. A noise schedule is a multiple of it.
 *
 * @example
 * ```ts
 * (calibrated, {stepsPerEpoch}) =>
 *   dpFTRL({learningRate: 0.1, l2NormClip: 1, stepsPerTree: stepsPerEpoch, ...calibrated})
 * ```
 */
export type MakeOptimizer = (calibrated: CalibratedOptions, planned: PlannedSteps) => PrivateOptimizer;

/** A private optimizer, or a function that makes one. */
export type PlannedOptimizer = PrivateOptimizer | MakeOptimizer;

/** What an optimizer is made for. All are public constants. */
export interface OptimizerRequest {
  readonly privacy: PrivacyConfig;
  readonly sampler: Sampler;
  readonly batchSize: number;
  readonly ledger: Ledger;
  /** Planned, over all calls of `fit`. */
  readonly epochs: number;
  /** D. */
  readonly numParameters: number;
  /** What the planned epochs release beside their steps. */
  readonly besides: readonly ForeseenRun[];
}

/**
 * Makes the optimizer of a run with the least noise that keeps the target.
 *
 * @throws DpError INVALID_OPTION without a target, or for an optimizer whose noise is not a multiple of the calibrated one.
 */
export function calibratedOptimizer(
  make: MakeOptimizer,
  request: OptimizerRequest,
): {readonly optimizer: PrivateOptimizer; readonly noiseMultiplier: number} {
  const {privacy, sampler, ledger, numParameters, besides} = request;
  const {targetEpsilon, delta} = privacy;
  if (targetEpsilon === undefined) {
    throw new DpError(
      'INVALID_OPTION',
      'an optimizer that is a function of calibrated options needs privacy.targetEpsilon; or give an optimizer with a noise multiplier',
    );
  }
  const {steps} = plannedSteps(request);
  const foreseenBy = (optimizer: PrivateOptimizer): ForeseenRun[] =>
    optimizer.foreseeRuns(sampler.announceRuns(steps), numParameters);
  const unscaled = makeOptimizer(make, 1, request);
  const runs = foreseenBy(unscaled);
  unscaled.dispose();
  const noiseMultiplier = calibratedNoise({ledger, runs, besides, targetEpsilon, delta});
  const optimizer = makeOptimizer(make, noiseMultiplier, request);
  checkTakesNoise(foreseenBy(optimizer), withNoise(runs, noiseMultiplier), noiseMultiplier);
  return {optimizer, noiseMultiplier};
}

/** Makes the optimizer of a run with a noise multiplier that is known. */
export function makeOptimizer(
  make: MakeOptimizer,
  noiseMultiplier: number,
  request: OptimizerRequest,
): PrivateOptimizer {
  const {batchSize, ledger, privacy} = request;
  const {randomSource} = privacy;
  const calibrated = {
    noiseMultiplier,
    numMicrobatches: batchSize,
    expectedBatchSize: batchSize,
    ledger,
    ...(randomSource !== undefined && {randomSource}),
  };
  const optimizer = make(calibrated, plannedSteps(request));
  checkOptimizer(optimizer);
  if (optimizer.ledger !== ledger) throw notAsCalibrated('has a ledger of its own');
  return optimizer;
}

function plannedSteps({sampler: {stepsPerEpoch}, epochs}: OptimizerRequest): PlannedSteps {
  return {stepsPerEpoch, steps: epochs * stepsPerEpoch};
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

/** Refuses an optimizer whose noise is not a multiple of the calibrated multiplier. */
function checkTakesNoise(
  found: readonly ForeseenRun[],
  expected: readonly ForeseenRun[],
  noiseMultiplier: number,
): void {
  const isAs = ({row, count}: ForeseenRun, i: number): boolean => {
    const other = expected[i];
    return (
      other?.count === count &&
      JSON.stringify(other.row.mechanism) === JSON.stringify(row.mechanism) &&
      Math.abs(row.noiseMultiplier - other.row.noiseMultiplier) <= 1e-9 * row.noiseMultiplier
    );
  };
  const other = found.find((run, i) => !isAs(run, i));
  if (other === undefined && found.length === expected.length) return;
  throw notAsCalibrated(
    `would release with noiseMultiplier ${other?.row.noiseMultiplier ?? NaN} in step ${other?.row.step ?? NaN}, which is no multiple of ${noiseMultiplier}`,
  );
}

function notAsCalibrated(found: string): DpError {
  return new DpError(
    'INVALID_OPTION',
    `the optimizer must take the calibrated options as they are, but ${found}. ` +
      'Write optimizer: (calibrated) => dpSGD({learningRate, l2NormClip, ...calibrated}); for a schedule, add noiseMultiplier: linear({from: 2 * calibrated.noiseMultiplier, ...})',
  );
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
