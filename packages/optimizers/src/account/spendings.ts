import {gaussian} from '@dp/accountant';

import {DpError} from '../errors.js';
import {positiveInteger, shown} from '../checks.js';
import {BatchNoise} from './batch_noise.js';
import type {NewRow} from './ledger.js';
import {PoissonEvents} from './poisson_events.js';
import {poisson, poissonCappedUsers, poissonUsers, truncatedPoisson} from './sampled_spendings.js';
import type {Sampling, SamplingOf} from './sampling.js';
import type {CountedEvent, Spending} from './spending.js';
import {TreeNoise, type PlaceInEpoch} from './tree_noise.js';

/** What the caller declares about batches that the optimizer could only receive. Public constants. */
export interface Participation {
  /** N, the number of records. */
  readonly numExamples: number;
  /** Size of every batch but perhaps the last of an epoch, as in `model.fit`. */
  readonly batchSize: number;
  /** Each record takes part exactly once an epoch, as in `model.fit` with or without `shuffle`. */
  readonly oncePerEpoch: true;
}

/** How each kind of sampling is accounted for: begun at its first row. */
const SPENDINGS: {
  readonly [K in Sampling['kind']]: (first: SamplingOf<K>, declared: Participation | undefined) => Spending;
} = {
  unknown: (_, declared) =>
    declared === undefined
      ? everyRelease('batches of unknown sampling: each record may have taken part in every step')
      : declaredOncePerEpoch(declared),
  poisson,
  truncatedPoisson,
  poissonUsers,
  poissonCappedUsers,
  shuffle: (first) => oncePerEpoch(first, 'shuffled batches', placeInEpoch),
  fixed: (first) => oncePerEpoch(first, 'batches of a fixed order', placeInEpoch),
  stream: (first) => oncePerEpoch(first, 'a stream: declared, and counted', placeInEpoch),
  all: ({dataset}) => everyRelease(`each record of '${dataset}' took part in each count over it`),
};

/** @throws DpError INVALID_OPTION for a declaration that does not fit. */
export function spendingFor(first: Sampling, declared: Participation | undefined): Spending {
  return (SPENDINGS[first.kind] as (first: Sampling, declared: Participation | undefined) => Spending)(
    first,
    declared,
  );
}

/** A record may have taken part in every release, and all compose: where nothing is known (privacy rule 3), or all take part. */
function everyRelease(basis: string, counts = new Map<number, number>(), trees = new TreeNoise()): Spending {
  return {
    neighboring: 'replaceSpecial',
    basis,
    attained: false,
    add(row, count) {
      trees.add(row, {batch: row.batchId, epoch: ''}, count);
      const {mechanism, noiseMultiplier: z} = row;
      if (mechanism.kind === 'gaussian') counts.set(z, (counts.get(z) ?? 0) + count);
    },
    events() {
      let precision = 0;
      for (const [z, count] of counts) precision += count * z ** -2;
      return oneGaussian(precision + trees.everyLeafPrecision());
    },
    fork: () => everyRelease(basis, new Map(counts), trees.fork()),
  };
}

function declaredOncePerEpoch(declared: Participation): Spending {
  const {numExamples, batchSize} = declared;
  if ((declared.oncePerEpoch as unknown) !== true) {
    throw new DpError(
      'INVALID_OPTION',
      `declared.oncePerEpoch must be true, got ${shown(declared.oncePerEpoch)}: of records that take part more often nothing is declared, and all releases compose`,
    );
  }
  positiveInteger('numExamples', numExamples);
  positiveInteger('batchSize', batchSize);
  if (batchSize > numExamples) {
    throw new DpError(
      'INVALID_OPTION',
      `batchSize must be at most numExamples (${numExamples}), got ${batchSize}`,
    );
  }
  const stepsPerEpoch = Math.ceil(numExamples / batchSize);
  return oncePerEpoch(declared, 'declared, not checked', ({optimizer: {id}, step}) => ({
    // A step that was tried again, and one of several releases, is made from one batch.
    batch: `${id} ${step}`,
    epoch: `${id} ${Math.floor(step / stepsPerEpoch)}`,
  }));
}

function placeInEpoch({batchId, sampling}: NewRow): PlaceInEpoch {
  const {sampler, epoch} = sampling as SamplingOf<'shuffle' | 'fixed' | 'stream'>;
  return {batch: batchId, epoch: `${sampler} ${epoch}`};
}

/** What rows of batches that are disjoint within an epoch add up to. */
class EpochNoise {
  readonly batches: BatchNoise;
  /** The least noise multiplier of an epoch's batches. */
  readonly weakest: Map<string, number>;
  readonly trees: TreeNoise;
  readonly ifPoisson: PoissonEvents;
  hasPoissonFigure: boolean;

  /** @param before - What it goes on from; it is not changed. */
  constructor(before?: EpochNoise) {
    this.batches = before?.batches.fork() ?? new BatchNoise();
    this.weakest = new Map(before?.weakest);
    this.trees = before?.trees.fork() ?? new TreeNoise();
    this.ifPoisson = before?.ifPoisson.fork() ?? new PoissonEvents();
    this.hasPoissonFigure = before?.hasPoissonFigure ?? true;
  }
}

/**
 * Each record once an epoch (privacy rule 2): the batches of an epoch are disjoint, so a record meets the weakest noise of
 * one of them, and an epoch is one Gaussian.
 */
function oncePerEpoch(
  {numExamples, batchSize}: {readonly numExamples: number; readonly batchSize: number},
  word: string,
  place: (row: NewRow) => PlaceInEpoch,
  noise = new EpochNoise(),
): Spending {
  const {batches, weakest, trees, ifPoisson} = noise;
  return {
    neighboring: 'replaceSpecial',
    basis: `each of ${numExamples} records took part once in each epoch (${word})`,
    attained: false,
    add(row, count) {
      const {batch, epoch} = place(row);
      trees.add(row, {batch, epoch}, count);
      // Neither one more record in groups of several, nor trees, have a figure under Poisson sampling.
      noise.hasPoissonFigure &&= row.microbatchSize === 1 && row.mechanism.kind === 'gaussian';
      if (row.mechanism.kind !== 'gaussian') return;
      const {after} = batches.add(batch, row);
      weakest.set(epoch, Math.min(weakest.get(epoch) ?? Infinity, after));
      if (noise.hasPoissonFigure) ifPoisson.add(row, batchSize / numExamples, count);
    },
    events() {
      const precision = [...weakest.values()].reduce((sum, z) => sum + z ** -2, 0);
      return oneGaussian(precision + trees.oncePerEpochPrecision());
    },
    ifPoissonSampled: () => (noise.hasPoissonFigure ? ifPoisson.events() : undefined),
    fork: () => oncePerEpoch({numExamples, batchSize}, word, place, new EpochNoise(noise)),
  };
}

/** Gaussians without sampling are one, exactly: z = (sum z_j^-2)^(-1/2). */
function oneGaussian(precision: number): CountedEvent[] {
  return precision === 0 ? [] : [{event: gaussian({noiseMultiplier: 1 / Math.sqrt(precision)}), count: 1}];
}
