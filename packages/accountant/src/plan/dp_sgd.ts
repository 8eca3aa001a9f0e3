import {requireInteger, requireNonNegative, requireOneOf, requirePositive} from '../checks.js';
import {type DpEvent, gaussian, poissonSampled, selfComposed} from '../event.js';
import {mixtureOfGaussians} from '../leaf_event.js';
import {binomialProbabilities} from './binomial.js';

/** One DP-SGD training run. Everything here is public; the data do not appear. */
export interface DpSgdRun {
  /** Number of training examples N, an integer >= 1. */
  readonly numExamples: number;
  /** Expected batch size B, an integer from 1 to N. */
  readonly batchSize: number;
  /** Standard deviation of the noise on the summed gradients, over the clipping norm; >= 0, and 0 is not private. */
  readonly noiseMultiplier: number;
  /** Passes over the data, > 0, whole or not. */
  readonly epochs: number;
  /** Number of batches, an integer >= 1. Default: ceil(epochs * N / B). */
  readonly steps?: number;
  /**
   * Examples whose gradients are averaged before clipping. Above 1, an example moves the sum by up to 2 C, and there is no
   * guarantee for Poisson sampling. Default: 1.
   */
  readonly microbatchSize?: number;
  /**
   * What is protected: all examples of one user, who has at most this many. Holds only if that cap is enforced by declared
   * user ids. Default: 1, single examples.
   */
  readonly maxExamplesPerUser?: number;
}

/**
 * How batches are made.
 * - `'poisson'`: each example joins each batch independently with probability B / N. Account under `addOrRemoveOne`.
 * - `'oncePerEpoch'`: each example is in at most one batch of an epoch (shuffled or in a fixed order). Account under
 *   `replaceSpecial`.
 * - `'unknown'`: an example may be in every batch. Account under `replaceSpecial`.
 */
export type BatchSampling = 'poisson' | 'oncePerEpoch' | 'unknown';

/** Options of {@link dpSgdEvent}. */
export interface DpSgdEventOptions extends DpSgdRun {
  /** How batches are made. */
  readonly sampling: BatchSampling;
}

/**
 * The event of a whole training run: for `'poisson'`, `steps` Gaussians on sampled batches; for `'oncePerEpoch'`, as many
 * Gaussians as an example has turns, which is the number of epochs, rounded up; for `'unknown'`, one a step.
 *
 * A user of k examples moves a sum by up to k C, all of them being in one batch at worst; with Poisson sampling by j C, with
 * j of the distribution Binomial(k, B / N): a `mixtureOfGaussians` (Ganesh 2024, "Tight Group-Level DP Guarantees for
 * DP-SGD with Sampling via Mixture of Gaussians Mechanisms").
 *
 * @throws RangeError for a bad or contradictory number; naming `sampling` for microbatches with Poisson sampling.
 */
export function dpSgdEvent(options: DpSgdEventOptions): DpEvent {
  checkRun(options);
  const {sampling, noiseMultiplier} = options;
  requireOneOf('sampling', sampling, ['poisson', 'oncePerEpoch', 'unknown']);
  if (sampling === 'poisson')
    return selfComposed({event: poissonStep(options), count: numberOfSteps(options)});
  return selfComposed({
    event: gaussian({noiseMultiplier: noiseMultiplier / batchSensitivity(options)}),
    count: sampling === 'unknown' ? numberOfSteps(options) : numberOfTurns(options),
  });
}

/**
 * By how many clipping norms one example, or all examples of one user together, can move one batch's sum: 1, twice that
 * with microbatches, since a group's clipped mean can move anywhere in the ball of radius C, times `maxExamplesPerUser`.
 */
export function batchSensitivity({microbatchSize = 1, maxExamplesPerUser = 1}: DpSgdRun): number {
  return (microbatchSize > 1 ? 2 : 1) * maxExamplesPerUser;
}

/** The number of batches of a run: `steps`, or ceil(epochs * N / B). */
export function numberOfSteps({steps, epochs, numExamples, batchSize}: DpSgdRun): number {
  return steps === undefined ? Math.ceil((epochs * numExamples) / batchSize) : steps;
}

/** A user's records make a mixture of one Gaussian more. */
const MAX_USER_EXAMPLES = 10_000;

function poissonStep(run: DpSgdRun): DpEvent {
  const {noiseMultiplier, microbatchSize = 1, maxExamplesPerUser = 1} = run;
  if (microbatchSize > 1) {
    throw new RangeError(
      `microbatchSize must be 1 with sampling: 'poisson', got ${microbatchSize}; use sampling: 'oncePerEpoch'`,
    );
  }
  const samplingProbability = run.batchSize / run.numExamples;
  if (maxExamplesPerUser === 1 || noiseMultiplier === 0) {
    return poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})});
  }
  if (maxExamplesPerUser >= MAX_USER_EXAMPLES) {
    throw new RangeError(
      `maxExamplesPerUser must be below ${MAX_USER_EXAMPLES} with sampling: 'poisson', got ${maxExamplesPerUser}; enforce a smaller cap, or use sampling: 'oncePerEpoch'`,
    );
  }
  const probabilities = binomialProbabilities(maxExamplesPerUser, samplingProbability);
  return mixtureOfGaussians({
    standardDeviation: noiseMultiplier,
    sensitivities: probabilities.map((_, drawn) => drawn),
    probabilities,
  });
}

function numberOfTurns({epochs, steps, numExamples, batchSize}: DpSgdRun): number {
  const turns = Math.ceil(epochs);
  const most = turns * Math.ceil(numExamples / batchSize);
  if (steps !== undefined && steps > most) {
    throw new RangeError(
      `steps must be at most ${most}, the batches of ${turns} epochs, with sampling: 'oncePerEpoch', got ${steps}`,
    );
  }
  return turns;
}

/** @throws RangeError for a bad or contradictory number. */
export function checkRun(run: DpSgdRun): void {
  const {numExamples, batchSize, noiseMultiplier, epochs, microbatchSize = 1, maxExamplesPerUser = 1} = run;
  requireInteger('numExamples', numExamples, 1);
  requireInteger('batchSize', batchSize, 1);
  if (batchSize > numExamples) {
    throw new RangeError(`batchSize must be at most numExamples = ${numExamples}, got ${batchSize}`);
  }
  requireNonNegative('noiseMultiplier', noiseMultiplier);
  requirePositive('epochs', epochs);
  requireInteger('steps', numberOfSteps(run), 1);
  requireInteger('microbatchSize', microbatchSize, 1);
  requireInteger('maxExamplesPerUser', maxExamplesPerUser, 1);
  if (maxExamplesPerUser > numExamples) {
    throw new RangeError(
      `maxExamplesPerUser must be at most numExamples = ${numExamples}, got ${maxExamplesPerUser}`,
    );
  }
}
