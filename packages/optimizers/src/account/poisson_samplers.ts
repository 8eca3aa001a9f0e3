import {PoissonSampler, randomPermutation} from '@dp/random';

import {positiveInteger} from '../checks.js';
import {checkSamplerOptions, type AnnouncedBatch, type Sampler, type SamplerOptions} from './sampler.js';
import {originOf, type RandomOrigin} from './randomness.js';
import type {Sampling} from './sampling.js';
import {uniqueName} from './unique_name.js';

/**
 * Poisson sampling: each record joins each batch independently with probability batchSize / numExamples, decided by an
 * integer coin; the effective probability goes to the ledger. Batches may be empty. An epoch is floor(N / batchSize) steps.
 *
 * @throws DpError INVALID_OPTION.
 */
export function poissonSampler(options: SamplerOptions): Sampler {
  const {numExamples, batchSize, source} = checkSamplerOptions(options);
  const coins = new PoissonSampler({numExamples, samplingProbability: batchSize / numExamples, source});
  const {samplingProbability} = coins;
  return independentBatches(
    Math.floor(numExamples / batchSize),
    {kind: 'poisson', numExamples, samplingProbability},
    originOf(source),
    () => coins.sample(),
  );
}

/**
 * Poisson sampling with a cap on the size of batches: of a larger batch, a uniformly random subset of `maxBatchSize` records is
 * kept. That costs more than Poisson sampling, and is accounted so (privacy rule 4).
 *
 * @throws DpError INVALID_OPTION.
 */
export function truncatedPoissonSampler({
  maxBatchSize,
  ...options
}: SamplerOptions & {
  /** The cap; public. */
  readonly maxBatchSize: number;
}): Sampler {
  const {numExamples, batchSize, source} = checkSamplerOptions(options);
  positiveInteger('maxBatchSize', maxBatchSize);
  const coins = new PoissonSampler({numExamples, samplingProbability: batchSize / numExamples, source});
  const {samplingProbability} = coins;
  return independentBatches(
    Math.floor(numExamples / batchSize),
    {kind: 'truncatedPoisson', numExamples, samplingProbability, maxBatchSize},
    originOf(source),
    () => {
      const drawn = coins.sample();
      if (drawn.length <= maxBatchSize) return drawn;
      const kept = randomPermutation(drawn.length, source).subarray(0, maxBatchSize);
      return Int32Array.from(kept, (i) => drawn[i] as number).sort();
    },
  );
}

/** Batches that are drawn afresh, each with a name of its own. */
export function independentBatches(
  stepsPerEpoch: number,
  sampling: Sampling,
  random: RandomOrigin,
  draw: () => Int32Array,
): Sampler {
  const sampler = uniqueName(sampling.kind);
  let drawn = 0;
  const announce = (ahead: number): AnnouncedBatch => ({id: `${sampler}-${drawn + ahead}`, sampling, random});
  return {
    stepsPerEpoch,
    announce,
    announceRuns: (count) => (count === 0 ? [] : [{...announce(0), count}]),
    next() {
      const announced = announce(0);
      drawn++;
      return {...announced, indices: draw()};
    },
    rest: () => undefined,
  };
}
