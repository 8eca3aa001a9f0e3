import {DpError, privacySpent, type AnnouncedBatch, type LedgerRow, type Sampler} from '@dp/optimizers';

/** Relative precision of a calibrated noise multiplier. */
const PRECISION = 1e-4;
const LEAST_NOISE = 1e-3;
const MOST_NOISE = 1e7;

/** What noise is calibrated for. */
export interface CalibrationTarget {
  /** Of the run: what it announces is what will be in the ledger. */
  readonly sampler: Sampler;
  readonly epochs: number;
  /** D. */
  readonly numParameters: number;
  readonly targetEpsilon: number;
  readonly delta: number;
}

/**
 * The smallest noise multiplier, to 1e-4 relative and on the safe side, with which the planned run ends at or under the target
 * by the upper bound of epsilon. It is found with the account that reads the ledger afterwards, of rows as they will be.
 *
 * @throws DpError INVALID_OPTION if no noise multiplier up to 1e7 is enough.
 */
export function calibratedNoise({
  sampler,
  epochs,
  numParameters,
  targetEpsilon,
  delta,
}: CalibrationTarget): number {
  const batches = Array.from({length: epochs * sampler.stepsPerEpoch}, (_, ahead) => sampler.announce(ahead));
  const isEnough = (noiseMultiplier: number): boolean => {
    const rows = batches.map((batch, step) => plannedRow(batch, step, {noiseMultiplier, numParameters}));
    return privacySpent({rows}, {delta}).epsilon <= targetEpsilon;
  };
  let upper = 1;
  for (; !isEnough(upper); upper *= 2) {
    if (upper > MOST_NOISE) {
      throw new DpError(
        'INVALID_OPTION',
        `privacy.targetEpsilon must be larger for ${epochs} epochs, got ${targetEpsilon}: no noise multiplier up to ${MOST_NOISE} is enough`,
      );
    }
  }
  let lower = upper / 2;
  for (; lower > LEAST_NOISE && isEnough(lower); lower /= 2) upper = lower;
  while (upper > lower * (1 + PRECISION)) {
    const middle = Math.sqrt(lower * upper);
    if (isEnough(middle)) upper = middle;
    else lower = middle;
  }
  return upper;
}

/** A row of the run, as far as its cost depends on it. */
function plannedRow(
  {id: batchId, sampling}: AnnouncedBatch,
  step: number,
  {noiseMultiplier, numParameters}: {readonly noiseMultiplier: number; readonly numParameters: number},
): LedgerRow {
  return {
    version: 1,
    release: step,
    what: 'gradientSum',
    optimizer: {className: 'planned', id: 'planned'},
    step,
    mechanism: {kind: 'gaussian'},
    batchId,
    sampling,
    noiseMultiplier,
    sensitivity: 1,
    l2NormClip: 1,
    clipping: 'planned',
    microbatchSize: 1,
    divisor: 1,
    grid: 1,
    numParameters,
    random: {name: 'planned', secure: true},
  };
}
