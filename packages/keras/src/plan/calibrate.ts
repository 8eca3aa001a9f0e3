import {DpError, epsilonAfter, type ForeseenRun, type LedgerRows} from '@dp/optimizers';

/** Relative precision of a calibrated noise multiplier. */
const PRECISION = 1e-4;
const LEAST_NOISE = 1e-3;
const MOST_NOISE = 1e7;

/** What noise is calibrated for. */
export interface CalibrationTarget {
  /** What is released already: it counts. */
  readonly ledger: LedgerRows;
  /** The planned run with a noise multiplier of 1, or a schedule that is to be multiplied. */
  readonly runs: readonly ForeseenRun[];
  /** What is released beside it, with noise of its own. */
  readonly besides: readonly ForeseenRun[];
  readonly targetEpsilon: number;
  readonly delta: number;
}

/**
 * The smallest noise multiplier, to 1e-4 relative and on the safe side, with which the planned run ends at or under the target
 * by the upper bound of epsilon. It is found with the account that reads the ledger afterwards, of rows as they will be.
 *
 * @throws DpError INVALID_OPTION if no noise multiplier up to 1e7 is enough.
 */
export function calibratedNoise({ledger, runs, besides, targetEpsilon, delta}: CalibrationTarget): number {
  const epsilonWith = (noiseMultiplier: number): number =>
    epsilonAfter(ledger, [...withNoise(runs, noiseMultiplier), ...besides], {delta});
  let enough = {noise: 1, epsilon: epsilonWith(1)};
  let little = enough;
  while (enough.epsilon > targetEpsilon) {
    if (enough.noise > MOST_NOISE) {
      const total = (rows: readonly ForeseenRun[]): number => rows.reduce((sum, {count}) => sum + count, 0);
      const counts = besides.length > 0 ? ` and ${total(besides)} counts of privateValidation` : '';
      throw new DpError(
        'INVALID_OPTION',
        `privacy.targetEpsilon must be larger for ${total(runs)} more steps${counts} in a ledger of ${ledger.rows.length} releases, got ${targetEpsilon}: no noise multiplier up to ${MOST_NOISE} is enough`,
      );
    }
    little = enough;
    enough = {noise: enough.noise * 2, epsilon: epsilonWith(enough.noise * 2)};
  }
  while (little.epsilon <= targetEpsilon && little.noise > LEAST_NOISE) {
    enough = little;
    little = {noise: little.noise / 2, epsilon: epsilonWith(little.noise / 2)};
  }
  for (let turn = 0; enough.noise > little.noise * (1 + PRECISION); turn++) {
    const noise = between(little, enough, targetEpsilon, turn);
    const found = {noise, epsilon: epsilonWith(noise)};
    if (found.epsilon <= targetEpsilon) enough = found;
    else little = found;
  }
  return enough.noise;
}

interface Tried {
  readonly noise: number;
  readonly epsilon: number;
}

/**
 * Where to look next: where a straight line through both in logarithms meets the target, and a little to this side of it and to
 * that in turn, so that both ends come near; in every third turn in the middle, since the line may be far from straight.
 */
function between(little: Tried, enough: Tried, target: number, turn: number): number {
  const ratio = enough.noise / little.noise;
  const share = Math.log(little.epsilon / target) / Math.log(little.epsilon / enough.epsilon);
  if (turn % 3 === 2 || !(share > 0 && share < 1)) return little.noise * Math.sqrt(ratio);
  const aside = turn % 3 === 0 ? PRECISION / 3 : -PRECISION / 3;
  const least = PRECISION / 3;
  const power = Math.log(ratio) * share + aside;
  return little.noise * Math.exp(Math.min(Math.max(power, least), Math.log(ratio) - least));
}

/** The same run with so many times the noise. */
export function withNoise(runs: readonly ForeseenRun[], times: number): ForeseenRun[] {
  return runs.map(({row, count}) => ({
    row: {...row, noiseMultiplier: row.noiseMultiplier * times},
    count,
  }));
}
