import type * as tf from '@tensorflow/tfjs-core';
import {secureSource, type RandomSource} from '@dp/random';

import type {Ledger} from '../account/ledger.js';
import type {LedgerRow} from '../account/ledger_row.js';
import type {DrawnBatch} from '../account/sampling.js';
import {noise, positive} from '../checks.js';
import {markPrivate} from '../optimizers/provenance.js';
import {release} from '../release.js';
import type {ClippedSum} from '../sum/clipped_sum.js';

/** Options of `privateMean`. All are public constants but `drawn`, of which the ledger keeps only the public part. */
export interface PrivateMeanOptions {
  /** Noise standard deviation over the clipping norm. At least 0; 0 is not private. */
  readonly noiseMultiplier: number;
  /** What the noisy sum is divided by: the expected batch size, never the size that came. */
  readonly normalizeBy: number;
  /** Where the release is written down, before it can be seen. */
  readonly ledger: Ledger;
  /** The batch that the sum is over. Default: unknown sampling. */
  readonly drawn?: DrawnBatch;
  /** Default: the operating system's secure source. */
  readonly randomSource?: RandomSource;
}

/**
 * Adds noise to a clipped sum and divides it by a public constant: the release of a hand-written training loop. Give the
 * result to any tf.js optimizer's `applyGradients`.
 *
 * @param exact - From `clippedGradients`; sums of several pieces of one batch are added with `plus` first. Sensitive.
 * @returns Private gradients by variable name (the caller disposes them), and the ledger's row.
 * @throws DpError INVALID_OPTION; UNSUPPORTED for microbatches of several examples on a Poisson batch.
 */
export function privateMean(
  exact: ClippedSum,
  {noiseMultiplier, normalizeBy, ledger, drawn, randomSource = secureSource()}: PrivateMeanOptions,
): {readonly gradients: tf.NamedTensorMap; readonly row: LedgerRow} {
  noise('noiseMultiplier', noiseMultiplier);
  positive('normalizeBy', normalizeBy);
  const sampling = drawn?.sampling ?? {kind: 'unknown'};
  const {means, row} = release(exact, {
    noiseMultiplier,
    divisor: normalizeBy,
    source: randomSource,
    ledger,
    batchId: drawn?.id ?? `call-${ledger.rows.length}`,
    sampling,
    samplerRandom: drawn?.random,
    optimizer: {className: 'privateMean', id: 'privateMean'},
    step: ledger.rows.length,
  });
  const gradients: tf.NamedTensorMap = {};
  exact.variables.forEach(({name}, v) => {
    const mean = means[v];
    if (mean === undefined) return;
    markPrivate(mean);
    gradients[name] = mean;
  });
  return {gradients, row};
}
