import {secureSource, type RandomSource} from '@dp/random';

import {DpError} from '../errors.js';
import {COUNT_GRID, COUNT_SENSITIVITY, MAX_COUNT_NOISE, noisyCount} from '../noise/count.js';
import {positiveInteger, shown} from '../checks.js';
import type {Ledger, NewRow} from './ledger.js';
import type {LedgerRow, ReleasingOptimizer} from './ledger_row.js';
import {originOf} from './randomness.js';
import type {DrawnBatch, Sampling} from './sampling.js';

/** A data set that is counted whole. All fields are public. */
export interface CountedDataSet {
  /** Its name in the ledger, such as `'validation'`. */
  readonly dataset: string;
  /**
   * Whether it shares no record with the training data, nor with other data sets: a record's epsilon is then that of its own
   * data set. Declared, and not checked; if false, the counts add to what training spends.
   */
  readonly disjoint: boolean;
}

/** Options of `privateAccuracy`. All but `drawn.indices` are public. */
export interface PrivateAccuracyOptions {
  /** What was predicted: a data set, or a batch that a sampler drew (then one event with the batch's other releases). */
  readonly of: CountedDataSet | DrawnBatch;
  /** The number of records that the accuracy is a share of: a data set's, or a batch's expected. Never the size that came. */
  readonly numExamples: number;
  /** Standard deviation of the noise on the number of right predictions. In (0, 2^24]. */
  readonly countNoise: number;
  readonly ledger: Ledger;
  /** Whose model it is. */
  readonly optimizer: ReleasingOptimizer;
  /** Number of the optimizer's step, from 0. */
  readonly step: number;
  /** Default: the operating system's secure source. */
  readonly randomSource?: RandomSource;
}

/**
 * A noisy share of right predictions, as a release with a ledger row: what early stopping and schedules may look at. Its noise
 * multiplier is 2 `countNoise`, since an example adds +1/2 or -1/2 to a centred count.
 *
 * @param right - For each example whether it was predicted rightly, by the model alone and its own record alone. Sensitive,
 *   like its length.
 * @returns `accuracy`, private, an unbiased estimate that noise may take out of [0, 1]; and the row.
 * @throws DpError INVALID_OPTION; nothing is released then.
 */
export function privateAccuracy(
  right: Iterable<boolean>,
  options: PrivateAccuracyOptions,
): {readonly accuracy: number; readonly row: LedgerRow} {
  const {numExamples, countNoise, ledger, randomSource = secureSource()} = options;
  const planned = accuracyRow({...options, randomSource});
  let count = 0;
  for (const one of right) count += one ? COUNT_SENSITIVITY : -COUNT_SENSITIVITY;
  const row = ledger.append(planned);
  return {accuracy: 1 / 2 + noisyCount(count, countNoise, randomSource) / numExamples, row};
}

/**
 * What `privateAccuracy` will release, for `ledger.reserve` and `epsilonAfter`. Nothing is written.
 *
 * @throws DpError INVALID_OPTION.
 */
export function accuracyRow({
  of,
  numExamples,
  countNoise,
  ledger,
  optimizer,
  step,
  randomSource = secureSource(),
}: PrivateAccuracyOptions): NewRow {
  positiveInteger('numExamples', numExamples);
  if (!Number.isFinite(countNoise) || countNoise <= 0 || countNoise > MAX_COUNT_NOISE) {
    throw new DpError('INVALID_OPTION', `countNoise must be a number in (0, 2^24], got ${shown(countNoise)}`);
  }
  if (!isDrawn(of) && typeof of.dataset !== 'string')
    throw new DpError('INVALID_OPTION', `of.dataset must name the data set, got ${shown(of.dataset)}`);
  const sampling: Sampling = isDrawn(of)
    ? of.sampling
    : {kind: 'all', dataset: of.dataset, numExamples, disjoint: of.disjoint};
  return {
    what: 'accuracyCount',
    optimizer,
    step,
    mechanism: {kind: 'gaussian'},
    batchId: isDrawn(of) ? of.id : `${of.dataset}-${ledger.rows.length}`,
    sampling,
    noiseMultiplier: countNoise / COUNT_SENSITIVITY,
    sensitivity: COUNT_SENSITIVITY,
    l2NormClip: COUNT_SENSITIVITY,
    clipping: 'each prediction adds +1/2 if right and -1/2 if not',
    microbatchSize: 1,
    divisor: numExamples,
    grid: COUNT_GRID,
    numParameters: 1,
    random: originOf(randomSource),
    ...(isDrawn(of) && of.random && {samplerRandom: of.random}),
  };
}

function isDrawn(of: CountedDataSet | DrawnBatch): of is DrawnBatch {
  return 'sampling' in of;
}
