import {PldAccountant} from '@dp/accountant';
import {DpError} from '@dp/optimizers';

import type {SamplingPlan} from './sampling.js';

/** Relative precision of a calibrated noise multiplier. */
const PRECISION = 1e-4;
const LEAST_NOISE = 1e-3;
const MOST_NOISE = 1e7;
/** What the sampler of noise may take of delta (privacy rule 15). */
const NOISE_SHARE = 1e-3;

/**
 * The smallest noise multiplier, to 1e-4 relative and on the safe side, with which the planned run's upper bound of epsilon is
 * at most the target. It is found with the accountant that reads the ledger afterwards, so that the run ends under it.
 *
 * @throws DpError INVALID_OPTION if no noise multiplier up to 1e7 is enough.
 */
export function calibratedNoise(
  plan: SamplingPlan,
  {
    targetEpsilon,
    delta,
    epochs,
  }: {readonly targetEpsilon: number; readonly delta: number; readonly epochs: number},
): number {
  const isEnough = (noiseMultiplier: number): boolean => {
    const {event, count} = plan.events(noiseMultiplier, epochs);
    const {upper} = new PldAccountant({neighboring: plan.neighboring})
      .compose(event, count)
      .epsilon(delta * (1 - NOISE_SHARE));
    return upper <= targetEpsilon;
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
