import {analyticGaussian, calibrateNoiseMultiplier} from '@dp/accountant';

import type {TutorialFlags} from './flags.js';

/** What the noise depends on beside the flags. Public constants. */
export interface RunSize {
  readonly numExamples: number;
  readonly stepsPerEpoch: number;
}

/**
 * The noise multiplier of a run: the flag's, or the least that keeps all epochs at the target epsilon. A thousandth of delta
 * is left for what the ledger adds: how far drawn noise is from the real Gaussian.
 */
export function noiseOf(flags: TutorialFlags, {numExamples, stepsPerEpoch}: RunSize): number {
  const {noiseMultiplier, targetEpsilon: epsilon, sampling, batchSize, microbatches, epochs} = flags;
  if (epsilon === undefined) return noiseMultiplier ?? 0;
  const delta = flags.delta * 0.999;
  if (sampling === 'poisson') {
    const found = calibrateNoiseMultiplier({
      epsilon,
      delta,
      samplingProbability: batchSize / numExamples,
      steps: epochs * stepsPerEpoch,
    });
    return found.noiseMultiplier * MARGIN;
  }
  // Once in each epoch: one Gaussian with the noise of all. Groups of several examples move twice as far.
  const sensitivity = microbatches === batchSize ? 1 : 2;
  return analyticGaussian({epsilon, delta, sensitivity}) * Math.sqrt(epochs) * MARGIN;
}

/** The ledger's sensitivity includes rounding, and its sampling probability that of the coin. */
const MARGIN = 1.0001;
