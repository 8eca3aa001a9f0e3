import {
  effectiveSamplingProbability,
  poissonSample,
  randomPermutation,
  secureSource,
  type RandomSource,
} from '@dp/random';

import {positiveInteger} from '../checks.js';
import {DpError} from '../errors.js';
import type {DrawnBatch} from './sampling.js';
import {uniqueName} from './unique_name.js';

/** Draws batches and says how. */
export interface Sampler {
  /** The public number of steps that make an epoch. */
  readonly stepsPerEpoch: number;
  next(): DrawnBatch;
}

export interface SamplerOptions {
  /** N, the number of records: a public constant. */
  readonly numExamples: number;
  /** The expected batch size (Poisson), or the size of every batch but perhaps the last of an epoch (shuffle). */
  readonly batchSize: number;
  /** Default: the operating system's secure source. */
  readonly source?: RandomSource;
}

/**
 * Poisson sampling: each record joins each batch independently with probability batchSize / numExamples, decided by an
 * integer coin; the effective probability goes to the ledger. Batches may be empty. An epoch is floor(N / batchSize) steps.
 *
 * @throws DpError INVALID_OPTION.
 */
export function poissonSampler(options: SamplerOptions): Sampler {
  const {numExamples, batchSize, source} = checked(options);
  const samplingProbability = effectiveSamplingProbability(batchSize / numExamples);
  // Releases on batches of the same name would count as made from one batch.
  const sampler = uniqueName('poisson');
  let drawn = 0;
  return {
    stepsPerEpoch: Math.floor(numExamples / batchSize),
    next: () => ({
      id: `${sampler}-${drawn++}`,
      indices: poissonSample({numExamples, samplingProbability, source}),
      sampling: {kind: 'poisson', numExamples, samplingProbability},
    }),
  };
}

/**
 * A fresh random permutation each epoch, cut into batches: each record takes part exactly once an epoch, and there is no
 * amplification by sampling. An epoch is ceil(N / batchSize) steps.
 *
 * @throws DpError INVALID_OPTION.
 */
export function shuffleSampler(options: SamplerOptions): Sampler {
  const {numExamples, batchSize, source} = checked(options);
  const stepsPerEpoch = Math.ceil(numExamples / batchSize);
  const sampler = uniqueName('shuffle');
  let order = new Int32Array(0);
  let drawn = 0;
  return {
    stepsPerEpoch,
    next() {
      const epoch = Math.floor(drawn / stepsPerEpoch);
      const step = drawn % stepsPerEpoch;
      if (step === 0) order = randomPermutation(numExamples, source);
      drawn++;
      return {
        id: `${sampler}-${epoch}-${step}`,
        indices: order.slice(step * batchSize, (step + 1) * batchSize),
        sampling: {kind: 'shuffle', sampler, numExamples, batchSize, epoch},
      };
    },
  };
}

function checked({
  numExamples,
  batchSize,
  source = secureSource(),
}: SamplerOptions): Required<SamplerOptions> {
  positiveInteger('numExamples', numExamples);
  positiveInteger('batchSize', batchSize);
  if (batchSize > numExamples) {
    throw new DpError(
      'INVALID_OPTION',
      `batchSize must be at most numExamples (${numExamples}), got ${batchSize}`,
    );
  }
  return {numExamples, batchSize, source};
}
