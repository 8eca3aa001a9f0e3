import * as tf from '@tensorflow/tfjs-core';
import type {RandomSource} from '@dp/random';

import type {Ledger, LedgerRow, ReleasingOptimizer} from './account/ledger.js';
import {checkSamplingFits, type Sampling} from './account/sampling.js';
import {noisyMean} from './noise/gaussian.js';
import type {ClippedSum} from './sum/clipped_sum.js';

/** What turns a clipped sum into something that may be seen. All public constants. */
export interface ReleaseOptions {
  /** Noise standard deviation over the bound of one clipped gradient. */
  readonly noiseMultiplier: number;
  /** What the noisy sum is divided by. */
  readonly divisor: number;
  readonly source: RandomSource;
  readonly ledger: Ledger;
  readonly batchId: string;
  readonly sampling: Sampling;
  readonly optimizer: ReleasingOptimizer;
  /** Number of the optimizer's step, from 0. */
  readonly step: number;
}

/**
 * The one place where something leaves the private region: a ledger row, then noise on every coordinate, then the division
 * by a public constant.
 *
 * @param total - Sensitive.
 * @returns `means`, private, one tensor a variable; and the row.
 * @throws DpError UNSUPPORTED for microbatches of several examples on a Poisson batch; nothing is released then.
 */
export function release(
  total: ClippedSum,
  {noiseMultiplier, divisor, source, ledger, batchId, sampling, optimizer, step}: ReleaseOptions,
): {readonly means: tf.Tensor[]; readonly row: LedgerRow} {
  const {l2NormClip, microbatchSize, grid} = total.plan;
  checkSamplingFits(sampling, microbatchSize);
  // The noise is measured in the bound that holds after rounding, so that the multiplier is met exactly.
  const standardDeviation = noiseMultiplier * total.bound;
  const sensitivity = total.sensitivity('replaceSpecial');
  const row = ledger.append({
    what: 'gradientSum',
    optimizer,
    step,
    mechanism: {kind: 'gaussian'},
    batchId,
    sampling,
    noiseMultiplier: standardDeviation / sensitivity,
    sensitivity,
    l2NormClip,
    clipping: 'flat',
    microbatchSize,
    divisor,
    grid,
    numParameters: total.numParameters,
    random: {name: source.name, secure: source.secure},
  });
  const means = noisyMean(total.units, {standardDeviation, grid, divisor}, source);
  return {means: total.variables.map(({shape}, v) => tf.tensor(means[v] ?? [], shape, 'float32')), row};
}
