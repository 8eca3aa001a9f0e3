import {
  requireDelta,
  requireInteger,
  requireNonNegative,
  requireOneOf,
  requirePositive,
  requireProbability,
} from '../checks.js';
import {type DpEvent, gaussian, poissonSampled} from '../event.js';
import {PldAccountant} from '../pld/accountant.js';
import {RdpAccountant} from '../rdp/accountant.js';

/** Whose bound a calibration goes by: `'pld'` is tight, `'rdp'` is what older publications used. */
export type CalibrationAccountant = 'pld' | 'rdp';

/** The privacy that a calibration must reach. */
export interface PrivacyTarget {
  /** Epsilon in nats, > 0. */
  readonly epsilon: number;
  /** Delta in (0, 1). */
  readonly delta: number;
  /** Default: `'pld'`. */
  readonly accountant?: CalibrationAccountant;
}

/** What a calibrated run costs at the target's delta: `upper` is at most the target's epsilon. */
export interface CalibratedEpsilon {
  readonly lower: number;
  readonly upper: number;
}

/** Tolerances of the PLD accountant, the next one used where the last cannot decide. */
const TOLERANCES = [1e-2, 1e-3, 1e-4];
/** Relative precision of a calibrated noise multiplier. */
const NOISE_PRECISION = 1e-4;
const LEAST_NOISE = 1e-3;
const MOST_NOISE = 1e7;
const MOST_STEPS = 2 ** 40;

/**
 * The smallest noise multiplier, to 1e-4 relative and on the safe side, with which `steps` Gaussians on Poisson samples meet
 * the target under add-or-remove-one. Holds the sampling probability and the steps fixed.
 *
 * @throws RangeError for an argument out of its bounds, or if no noise multiplier up to 1e7 is enough.
 *
 * @example
 * calibrateNoiseMultiplier({epsilon: 3, delta: 1e-5, samplingProbability: 256 / 60000, steps: 14062}).noiseMultiplier; // 0.968
 */
export function calibrateNoiseMultiplier(
  options: PrivacyTarget & {readonly samplingProbability: number; readonly steps: number},
): {readonly noiseMultiplier: number; readonly epsilon: CalibratedEpsilon} {
  const {samplingProbability, steps} = options;
  requireProbability('samplingProbability', samplingProbability);
  requireInteger('steps', steps, 1);
  const cost = costOf(options);
  const at = (noiseMultiplier: number): CalibratedEpsilon | undefined =>
    cost(sampled(samplingProbability, noiseMultiplier), steps);
  let upper = 1;
  let found = at(upper);
  for (; found === undefined; found = at(upper)) {
    upper *= 2;
    if (upper > MOST_NOISE) {
      throw new RangeError(
        `epsilon must be larger for ${steps} steps: no noise multiplier up to ${MOST_NOISE} is enough`,
      );
    }
  }
  let lower = upper / 2;
  for (let less = at(lower); less !== undefined && lower > LEAST_NOISE; less = at(lower)) {
    [upper, found] = [lower, less];
    lower /= 2;
  }
  while (upper > lower * (1 + NOISE_PRECISION)) {
    const middle = Math.sqrt(lower * upper);
    const atMiddle = at(middle);
    if (atMiddle === undefined) lower = middle;
    else [upper, found] = [middle, atMiddle];
  }
  return {noiseMultiplier: upper, epsilon: found};
}

/**
 * The largest number of steps that meets the target; 0 if one is too many. Holds noise multiplier and sampling probability
 * fixed, so that more steps are more epochs.
 *
 * @throws RangeError for an argument out of its bounds.
 */
export function calibrateSteps(
  options: PrivacyTarget & {readonly samplingProbability: number; readonly noiseMultiplier: number},
): {readonly steps: number; readonly epsilon: CalibratedEpsilon} {
  const {samplingProbability, noiseMultiplier} = options;
  requireProbability('samplingProbability', samplingProbability);
  requireNonNegative('noiseMultiplier', noiseMultiplier);
  const cost = costOf(options);
  const event = sampled(samplingProbability, noiseMultiplier);
  const {value, epsilon} = largest(MOST_STEPS, (steps) => cost(event, steps));
  return {steps: value, epsilon};
}

/**
 * The largest expected batch size that meets the target; 0 if one example is too many. Holds number of examples, noise
 * multiplier and number of steps fixed, so that larger batches are more epochs.
 *
 * @throws RangeError for an argument out of its bounds.
 */
export function calibrateBatchSize(
  options: PrivacyTarget & {
    readonly numExamples: number;
    readonly noiseMultiplier: number;
    readonly steps: number;
  },
): {readonly batchSize: number; readonly epsilon: CalibratedEpsilon} {
  const {numExamples, noiseMultiplier, steps} = options;
  requireInteger('numExamples', numExamples, 1);
  requireNonNegative('noiseMultiplier', noiseMultiplier);
  requireInteger('steps', steps, 1);
  const cost = costOf(options);
  const {value, epsilon} = largest(numExamples, (batchSize) =>
    cost(sampled(batchSize / numExamples, noiseMultiplier), steps),
  );
  return {batchSize: value, epsilon};
}

function sampled(samplingProbability: number, noiseMultiplier: number): DpEvent {
  return poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})});
}

/** What `count` copies of an event cost, if an upper bound on it meets the target. */
function costOf(target: PrivacyTarget): (event: DpEvent, count: number) => CalibratedEpsilon | undefined {
  const {epsilon, delta, accountant = 'pld'} = target;
  requirePositive('epsilon', epsilon);
  requireDelta('delta', delta);
  requireOneOf('accountant', accountant, ['pld', 'rdp']);
  if (accountant === 'rdp') {
    return (event, count) => {
      const upper = new RdpAccountant().compose(event, count).epsilon(delta);
      return upper <= epsilon ? {lower: 0, upper} : undefined;
    };
  }
  return (event, count) => {
    for (const tolerance of TOLERANCES) {
      const {lower, upper} = new PldAccountant({tolerance}).compose(event, count).epsilon(delta);
      if (upper <= epsilon) return {lower, upper};
      if (lower > epsilon) return undefined;
    }
    return undefined;
  };
}

/** The largest integer up to `most` at which a cost that grows with it is still known to be met. */
function largest(
  most: number,
  cost: (value: number) => CalibratedEpsilon | undefined,
): {value: number; epsilon: CalibratedEpsilon} {
  let met = 0;
  let epsilon: CalibratedEpsilon = {lower: 0, upper: 0};
  let missed = most + 1;
  for (let tried = 1; met + 1 < missed;) {
    const found = cost(tried);
    if (found === undefined) missed = tried;
    else [met, epsilon] = [tried, found];
    tried = missed > most ? Math.min(most, 2 * met) : Math.floor((met + missed) / 2);
    if (met === most) break;
  }
  return {value: met, epsilon};
}
