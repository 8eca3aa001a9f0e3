import {
  composed,
  gaussian,
  gaussianEpsilon,
  poissonSampled,
  RdpAccountant,
  reduceToGaussian,
  selfComposed,
  type DpEvent,
  type NeighbouringRelation,
} from '@dp/accountant';

import {DpError} from '../errors.js';
import {positiveInteger} from '../optimizers/options.js';
import type {Ledger, LedgerRow} from './ledger.js';

/** What the caller declares about batches that the optimizer could only receive. Public constants. */
export interface Participation {
  /** N, the number of records. */
  readonly numExamples: number;
  /** Size of every batch but perhaps the last of an epoch, as in `model.fit`. */
  readonly batchSize: number;
  /** Each record takes part exactly once an epoch, as in `model.fit` with or without `shuffle`. */
  readonly oncePerEpoch: true;
}

/** What a ledger's releases have spent at one delta. */
export interface PrivacySpent {
  /** The tightest epsilon that this library proves for the releases; Infinity if there is no guarantee. */
  readonly epsilon: number;
  /** By the classic RDP conversion, which the literature's older figures use. */
  readonly epsilonClassic: number;
  readonly delta: number;
  /** What two neighbouring data sets differ in. */
  readonly neighboring: NeighbouringRelation;
  readonly releases: number;
  /** How batches were chosen, and on whose word. */
  readonly basis: string;
  /** False if any noise came from a source that protects nobody. */
  readonly secure: boolean;
  /** For batches that were not Poisson-sampled: the epsilon that would hold if they had been. Not valid for this run. */
  readonly ifPoissonSampled?: number;
}

/**
 * The epsilon of everything in a ledger (privacy rules 1-6). How the batches were sampled is read from the ledger; for
 * batches of unknown sampling, as in a plain `model.fit`, all releases compose unless participation is declared.
 *
 * @throws DpError UNSUPPORTED if the ledger mixes ways of sampling, INVALID_OPTION for a declaration that does not fit.
 */
export function privacySpent(
  ledger: Ledger,
  {delta, declared}: {readonly delta: number; readonly declared?: Participation},
): PrivacySpent {
  const {rows} = ledger;
  const kinds = new Set(rows.map((row) => row.sampling.kind));
  if (kinds.size > 1) {
    throw new DpError(
      'UNSUPPORTED',
      `the ledger mixes batches sampled in different ways (${[...kinds].join(', ')}), for which no one neighbouring relation holds. Use one ledger for each`,
    );
  }
  const account = accountFor(rows, declared);
  return {
    epsilon: Math.min(
      epsilonOf(account.events, account.neighboring, 'improved', delta),
      exactGaussianEpsilon(account.events, delta),
    ),
    epsilonClassic: epsilonOf(account.events, account.neighboring, 'classic', delta),
    delta,
    neighboring: account.neighboring,
    releases: rows.length,
    basis: account.basis,
    secure: rows.every((row) => row.random.secure),
    ...(account.poisson !== undefined && {
      ifPoissonSampled: epsilonOf(account.poisson, 'addOrRemoveOne', 'improved', delta),
    }),
  };
}

function epsilonOf(
  events: readonly Counted[],
  neighboring: NeighbouringRelation,
  conversion: 'improved' | 'classic',
  delta: number,
): number {
  const accountant = new RdpAccountant({conversion, neighboring});
  for (const {event, count} of events) accountant.compose(event, count);
  return accountant.epsilon(delta);
}

/** Gaussians without sampling have an exact epsilon (Balle and Wang 2018); anything else gives no bound here. */
function exactGaussianEpsilon(events: readonly Counted[], delta: number): number {
  const noiseMultiplier = reduceToGaussian(composed(events.map((counted) => selfComposed(counted))));
  if (noiseMultiplier === undefined) return Infinity;
  return noiseMultiplier === Infinity ? 0 : gaussianEpsilon({noiseMultiplier, delta});
}

interface Counted {
  readonly event: DpEvent;
  readonly count: number;
}

interface Account {
  readonly events: readonly Counted[];
  readonly neighboring: NeighbouringRelation;
  readonly basis: string;
  readonly poisson?: readonly Counted[];
}

function accountFor(rows: readonly LedgerRow[], declared: Participation | undefined): Account {
  const sampling = rows[0]?.sampling;
  switch (sampling?.kind) {
    case undefined:
      return {events: [], neighboring: 'addOrRemoveOne', basis: 'nothing was released'};
    case 'poisson':
      return {
        events: countEqual(
          byBatch(rows).map((releases) => {
            const {samplingProbability} = releases[0]?.sampling as typeof sampling;
            return poissonSampled({samplingProbability, event: gaussians(releases)});
          }),
        ),
        neighboring: 'addOrRemoveOne',
        basis: `each record joined each batch independently with probability ${sampling.samplingProbability} (Poisson sampling)`,
      };
    case 'shuffle':
      return oncePerEpoch(
        rows,
        sampling,
        (row) => (row.sampling as typeof sampling).epoch,
        'shuffled batches',
      );
    case 'unknown': {
      if (declared === undefined) {
        return {
          events: countEqual(byBatch(rows).map(gaussians)),
          neighboring: 'replaceSpecial',
          basis: 'batches of unknown sampling: each record may have taken part in every step',
        };
      }
      const batchesPerEpoch = checkedBatchesPerEpoch(declared);
      const epochOf = (row: LedgerRow): number => Math.floor(row.release / batchesPerEpoch);
      return oncePerEpoch(rows, declared, epochOf, 'declared, not checked');
    }
  }
}

function checkedBatchesPerEpoch({numExamples, batchSize}: Participation): number {
  positiveInteger('numExamples', numExamples);
  positiveInteger('batchSize', batchSize);
  if (batchSize > numExamples) {
    throw new DpError(
      'INVALID_OPTION',
      `batchSize must be at most numExamples (${numExamples}), got ${batchSize}`,
    );
  }
  return Math.ceil(numExamples / batchSize);
}

/** One Gaussian an epoch: the batches of an epoch are disjoint, so a record meets the weakest noise of one of them. */
function oncePerEpoch(
  rows: readonly LedgerRow[],
  {numExamples, batchSize}: Omit<Participation, 'oncePerEpoch'>,
  epochOf: (row: LedgerRow) => number,
  word: string,
): Account {
  const batches = byBatch(rows);
  const weakest = new Map<number, number>();
  for (const releases of batches) {
    const [row] = releases;
    if (row === undefined) continue;
    const epoch = epochOf(row);
    weakest.set(epoch, Math.min(weakest.get(epoch) ?? Infinity, combinedMultiplier(releases)));
  }
  const samplingProbability = batchSize / numExamples;
  return {
    events: countEqual([...weakest.values()].map((noiseMultiplier) => gaussian({noiseMultiplier}))),
    neighboring: 'replaceSpecial',
    basis: `each of ${numExamples} records took part once in each epoch (${word})`,
    ...(rows.every((row) => row.microbatchSize === 1) && {
      poisson: countEqual(
        batches.map((releases) => poissonSampled({samplingProbability, event: gaussians(releases)})),
      ),
    }),
  };
}

/** The releases that share a batch, together (privacy rule 6). */
function byBatch(rows: readonly LedgerRow[]): LedgerRow[][] {
  const batches = new Map<string, LedgerRow[]>();
  for (const row of rows) {
    const releases = batches.get(row.batchId);
    if (releases === undefined) batches.set(row.batchId, [row]);
    else releases.push(row);
  }
  return [...batches.values()];
}

function gaussians(releases: readonly LedgerRow[]): DpEvent {
  const events = releases.map(({noiseMultiplier}) => gaussian({noiseMultiplier}));
  return events.length === 1 && events[0] !== undefined ? events[0] : composed(events);
}

function combinedMultiplier(releases: readonly LedgerRow[]): number {
  return reduceToGaussian(gaussians(releases)) ?? 0;
}

/** Equal events in a row, counted, so that a long run is composed at once. */
function countEqual(events: readonly DpEvent[]): Counted[] {
  const counted = new Map<string, {event: DpEvent; count: number}>();
  for (const event of events) {
    const key = JSON.stringify(event);
    const known = counted.get(key);
    if (known === undefined) counted.set(key, {event, count: 1});
    else known.count++;
  }
  return [...counted.values()];
}
