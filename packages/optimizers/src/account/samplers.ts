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

/** What is known of a batch before it is drawn. Public. */
export type AnnouncedBatch = Pick<DrawnBatch, 'id' | 'sampling'>;

/** Draws batches and says how. */
export interface Sampler {
  /** The public number of steps that make an epoch. */
  readonly stepsPerEpoch: number;
  next(): DrawnBatch;
  /** The batch that comes after `ahead` others, without drawing it: what a budget is reckoned with. Public. */
  announce(ahead: number): AnnouncedBatch;
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
  const announce = (ahead: number): AnnouncedBatch => ({
    id: `${sampler}-${drawn + ahead}`,
    sampling: {kind: 'poisson', numExamples, samplingProbability},
  });
  return {
    stepsPerEpoch: Math.floor(numExamples / batchSize),
    announce,
    next() {
      const announced = announce(0);
      drawn++;
      return {...announced, indices: poissonSample({numExamples, samplingProbability, source})};
    },
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
  const announce = (ahead: number): AnnouncedBatch => {
    const epoch = Math.floor((drawn + ahead) / stepsPerEpoch);
    return {
      id: `${sampler}-${epoch}-${(drawn + ahead) % stepsPerEpoch}`,
      sampling: {kind: 'shuffle', sampler, numExamples, batchSize, epoch},
    };
  };
  return {
    stepsPerEpoch,
    announce,
    next() {
      const announced = announce(0);
      const step = drawn % stepsPerEpoch;
      if (step === 0) order = randomPermutation(numExamples, source);
      drawn++;
      return {...announced, indices: order.slice(step * batchSize, (step + 1) * batchSize)};
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
