import type {NeighbouringRelation} from '@dp/accountant';

import {optionsObject} from '../checks.js';
import {DpError} from '../errors.js';
import {LayeredMap} from './layered_map.js';
import type {NewRow} from './ledger.js';
import type {LedgerRow} from './ledger_row.js';
import {randomnessOf, worse, type Randomness} from './randomness.js';
import type {Sampling} from './sampling.js';
import type {CountedEvent, Spending} from './spending.js';
import {spendingFor, type Participation} from './spendings.js';

/** Rows that are foreseen and alike, of steps that follow each other: the batches of all but the first are new. */
export interface ForeseenRun {
  /** The first. */
  readonly row: NewRow;
  /** Number of rows. */
  readonly count: number;
}

/** What has been spent on one data set: two that share no record do not add up. */
export interface DataSetSpending {
  /** Of the data set that is not the training data. */
  readonly dataset?: string;
  readonly basis: string;
  readonly attained: boolean;
  readonly events: readonly CountedEvent[];
}

/**
 * What the rows of one ledger amount to. Rows are append-only, so each is read once: asking again after an epoch reads that
 * epoch's rows.
 */
export class LedgerAccount {
  /** Where noise came from, and the draws of batches. */
  noise: Randomness = 'none';
  sampling: Randomness = 'none';
  /** Number of noise values drawn. */
  draws = 0;
  /** Number of rows read. */
  releases = 0;
  private batches: Spending | undefined;
  private kind: string | undefined;
  /** Of counts over whole data sets, by name. */
  private readonly whole = new Map<string, {readonly disjoint: boolean; readonly spending: Spending}>();
  private samplings = new LayeredMap<string, string>();

  constructor(private readonly declared: Participation | undefined) {
    // A declaration that does not fit is refused also before the first release.
    if (declared !== undefined) spendingFor({kind: 'unknown'}, declared);
  }

  /** Whether all noise, and all draws that the guarantee rests on, are known to come from a secure source. */
  get secure(): boolean {
    const sampling = this.batches?.neighboring === 'addOrRemoveOne' ? this.sampling : 'none';
    return !['notSecure', 'notRecorded'].includes(worse(this.noise, sampling));
  }

  /** The relation that everything is accounted under. */
  get neighboring(): NeighbouringRelation {
    return this.batches?.neighboring ?? 'addOrRemoveOne';
  }

  /** `user` where what is added or removed is all of a user's records. */
  get unit(): 'user' | undefined {
    return this.batches?.unit;
  }

  /** Reads the rows that came since the last time. */
  update(rows: readonly LedgerRow[]): this {
    while (this.releases < rows.length) this.add(rows[this.releases] as LedgerRow, 1);
    return this;
  }

  /**
   * To go on with, while this one stays as it is; good until this one goes on.
   *
   * @param runs - Rows that may come, and how many of each.
   */
  after(runs: Iterable<ForeseenRun>): LedgerAccount {
    const fork = new LedgerAccount(this.declared);
    [fork.draws, fork.releases, fork.kind] = [this.draws, this.releases, this.kind];
    [fork.noise, fork.sampling] = [this.noise, this.sampling];
    fork.batches = this.batches?.fork();
    fork.samplings = new LayeredMap(this.samplings);
    for (const [dataset, {disjoint, spending}] of this.whole)
      fork.whole.set(dataset, {disjoint, spending: spending.fork()});
    for (const {row, count} of runs) fork.add(row, count);
    return fork;
  }

  /** By data set, the training data first. What is not known to be apart from it counts as part of it. */
  dataSets(): readonly DataSetSpending[] {
    const whole = [...this.whole];
    const shared = whole.filter(([, {disjoint}]) => !disjoint).map(([, {spending}]) => spending);
    const training = [...(this.batches === undefined ? [] : [this.batches]), ...shared];
    const apart = whole.filter(([, {disjoint}]) => disjoint);
    return [
      {
        basis: training.map(({basis}) => basis).join('; ') || 'nothing was released',
        attained: shared.length === 0 && this.batches?.attained === true,
        events: training.flatMap((spending) => spending.events()),
      },
      ...apart.map(([dataset, {spending}]) => ({
        dataset,
        basis: `${spending.basis} (declared to share no record with other data, not checked)`,
        attained: false,
        events: spending.events(),
      })),
    ];
  }

  /** For training batches that were not Poisson-sampled: the events if they had been. Not valid for the run. */
  ifPoissonSampled(): readonly CountedEvent[] | undefined {
    return this.batches?.ifPoissonSampled?.();
  }

  private add(row: NewRow, count: number): void {
    const {sampling, batchId} = row;
    const drawn = JSON.stringify(sampling);
    const known = this.samplings.get(batchId);
    if (count > 1 && known !== undefined) {
      throw new DpError(
        'INVALID_OPTION',
        `${count} batches are foreseen together, which must be new, and the first ('${batchId}') was drawn before: foresee it by itself`,
      );
    }
    if ((known ?? drawn) !== drawn) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `two batches that were drawn differently are both named '${batchId}', and releases from one batch are accounted together. Give each batch a name of its own`,
      );
    }
    if (sampling.kind === 'all') this.addWhole(row, sampling, count);
    else this.addBatch(row, count);
    this.samplings.set(batchId, drawn);
    const {noise, sampling: drawnBy} = randomnessOf(row);
    [this.noise, this.sampling] = [worse(this.noise, noise), worse(this.sampling, drawnBy)];
    // A leaf of a tree ends at most one more subtree, on average, whose noise is drawn then too.
    this.draws += row.numParameters * count * (row.mechanism.kind === 'tree' ? 2 : 1);
    this.releases += count;
  }

  private addBatch(row: NewRow, count: number): void {
    const {kind} = row.sampling;
    this.kind ??= kind;
    if (kind !== this.kind) {
      throw new DpError(
        'UNSUPPORTED',
        `the ledger mixes batches sampled in different ways (${this.kind}, ${kind}), for which no one neighbouring relation holds. Use one ledger for each`,
      );
    }
    const batches = this.batches ?? spendingFor(row.sampling, this.declared);
    batches.add(row, count);
    this.batches = batches;
  }

  private addWhole(row: NewRow, sampling: Extract<Sampling, {kind: 'all'}>, count: number): void {
    const {dataset, disjoint} = sampling;
    const known = this.whole.get(dataset) ?? {disjoint, spending: spendingFor(sampling, undefined)};
    if (known.disjoint !== disjoint) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `data set '${dataset}' is declared to share no record with the training data, and also to share some`,
      );
    }
    known.spending.add(row, count);
    this.whole.set(dataset, known);
  }
}

/** A ledger, or as much of one as accounting needs. Rows are only ever added. */
export interface LedgerRows {
  readonly rows: readonly LedgerRow[];
}

const ACCOUNTS = new WeakMap<LedgerRows, Map<string, LedgerAccount>>();

/** The account of a ledger, up to date. */
export function accountOf(ledger: LedgerRows, declared: Participation | undefined): LedgerAccount {
  if (declared !== undefined) optionsObject('declared', declared);
  const accounts = ACCOUNTS.get(ledger) ?? new Map<string, LedgerAccount>();
  ACCOUNTS.set(ledger, accounts);
  const key = JSON.stringify(declared ?? null);
  const account = accounts.get(key) ?? new LedgerAccount(declared);
  accounts.set(key, account);
  return account.update(ledger.rows);
}
