import {DpError} from '../errors.js';
import {firstLink, nextLink} from './chain.js';
import {checkLedgerRow} from './check_row.js';
import type {LedgerRow, ReleasingOptimizer} from './ledger_row.js';
import {uniqueName} from './unique_name.js';

/** A row before the ledger has numbered it. */
export type NewRow = Omit<LedgerRow, 'version' | 'release'>;

/** Where a ledger keeps its rows: a file, or nothing but memory. */
export interface LedgerStore {
  /** The ledger's name among all ledgers. */
  readonly id: string;
  /** The rows of earlier runs, checked, oldest first. */
  readonly rows: readonly LedgerRow[];
  /**
   * Makes a row durable, and returns only then. If it throws, nothing is released.
   *
   * @param link - Stands for this row and all before it.
   */
  append(row: LedgerRow, link: string): void;
  /**
   * Where rows can be made durable while something else is computed: writes a row, and begins to. What it is about may be released
   * after `settle`, or when `settled` has resolved.
   */
  begin?(row: LedgerRow, link: string): void;
  /** Makes all rows that were begun durable, and returns only then. */
  settle?(): void;
  /** The same, without waiting here. */
  settled?(): Promise<void>;
  /** Where storage is asynchronous: makes durable what coming batches may release, and resolves only then. */
  reserve?(planned: readonly NewRow[]): Promise<void>;
  /** The same: resolves when all rows are durable. */
  flush?(): Promise<void>;
}

/** A place in a ledger: what a checkpoint keeps, to know its ledger again. Public. */
export interface LedgerPosition {
  readonly ledger: string;
  /** Number of rows before it. */
  readonly releases: number;
  /** Stands for all of them. */
  readonly link: string;
}

/**
 * The append-only record of every release (privacy rule 18). A row is durable before its update can be seen, and stays
 * if the step fails afterwards: what is in the ledger has been spent.
 */
export class Ledger {
  /** The name of this ledger among all ledgers. */
  readonly id: string;
  private readonly entries: LedgerRow[] = [];
  /** `links[n]` stands for the first n rows. */
  private readonly links: string[];
  private readonly optimizerIds = new Set<string>();
  /** Rows that are written and whose releases are still to be made, oldest first. */
  private announced: LedgerRow[] = [];

  /** @param store - Default: memory alone. What it holds already is part of this ledger. */
  constructor(private readonly store?: LedgerStore) {
    this.id = store?.id ?? uniqueName('ledger');
    this.links = [firstLink(this.id)];
    for (const row of store?.rows ?? []) this.add(row, this.linkOf(row));
  }

  get rows(): readonly LedgerRow[] {
    return this.entries;
  }

  /** The end of the ledger. */
  get position(): LedgerPosition {
    return {ledger: this.id, releases: this.entries.length, link: this.lastLink};
  }

  /**
   * Refuses a ledger that is not the one of a checkpoint, or holds less than it did then. More is right: a run that was
   * killed after its checkpoint has released more.
   *
   * @throws DpError LEDGER_MISSING for another ledger or missing rows, LEDGER_CORRUPT for other rows.
   */
  checkHolds({ledger, releases, link}: LedgerPosition): void {
    const found = this.entries.length;
    if (ledger !== this.id || found < releases) {
      throw new DpError(
        'LEDGER_MISSING',
        `the checkpoint was made after ${releases} releases in ledger '${ledger}', and this is ledger '${this.id}' with ${found}: ` +
          'releases would be forgotten. Open the ledger of that run, with all of its rows',
      );
    }
    if (this.links[releases] !== link) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `the first ${releases} rows of ledger '${ledger}' are not those that the checkpoint was made after. Open the ledger of that run, as it was written`,
      );
    }
  }

  /** A name for an optimizer that no other in this ledger has, nor had in an earlier run. */
  nameOptimizer(className: string): ReleasingOptimizer {
    let number = 0;
    while (this.optimizerIds.has(`${className}-${number}`)) number++;
    const id = `${className}-${number}`;
    this.optimizerIds.add(id);
    return {className, id};
  }

  /**
   * Writes the row of the next release.
   *
   * @throws DpError LEDGER_CORRUPT for a row that could not be read again; and what the store throws. Nothing may be released then.
   */
  append(row: NewRow): LedgerRow {
    const announced = this.takeAnnounced(row);
    if (announced !== undefined) {
      this.store?.settle?.();
      return announced;
    }
    return this.write(row, (complete, link) => this.store?.append(complete, link));
  }

  /** Whether rows can be made durable while their releases are computed. */
  get takesAhead(): boolean {
    return this.store?.begin !== undefined;
  }

  /**
   * Writes the rows of releases that are about to be computed, and begins to make them durable. `append` of the same rows, in the
   * same order, then waits for that at most. Whatever else comes, they stay, and count.
   *
   * @returns Resolves when they are durable: to wait for it without holding up the thread.
   * @throws as `append`.
   */
  async announce(rows: readonly NewRow[]): Promise<void> {
    this.announced = [];
    for (const row of rows)
      this.announced.push(this.write(row, (complete, link) => this.store?.begin?.(complete, link)));
    await this.store?.settled?.();
  }

  private takeAnnounced(row: NewRow): LedgerRow | undefined {
    const [next, ...others] = this.announced;
    this.announced = [];
    if (next === undefined) return undefined;
    const {version, release} = next;
    if (JSON.stringify(checkLedgerRow({version, release, ...row})) !== JSON.stringify(next)) return undefined;
    this.announced = others;
    return next;
  }

  private write(row: NewRow, keep: (complete: LedgerRow, link: string) => void): LedgerRow {
    const complete = checkLedgerRow({version: 1, release: this.entries.length, ...row});
    const link = this.linkOf(complete);
    keep(complete, link);
    this.add(complete, link);
    return complete;
  }

  /** Whether the store is asynchronous, so that releases must be reserved before they are made. */
  get mustReserve(): boolean {
    return this.store?.reserve !== undefined;
  }

  /**
   * Makes durable what coming batches may release, where the store needs it: await it before them.
   *
   * @param planned - What `foresee` of their optimizers returns, and `accuracyRow`. Public.
   * @throws what the store throws; nothing may be released then.
   */
  async reserve(planned: readonly NewRow[]): Promise<void> {
    await this.store?.reserve?.(planned);
  }

  /** Resolves when all rows are durable: before a checkpoint, which else might know rows that are lost. */
  async flush(): Promise<void> {
    await this.store?.flush?.();
  }

  private get lastLink(): string {
    return this.links[this.links.length - 1] as string;
  }

  private linkOf(row: LedgerRow): string {
    return nextLink(this.lastLink, row);
  }

  private add(row: LedgerRow, link: string): void {
    this.entries.push(row);
    this.links.push(link);
    this.optimizerIds.add(row.optimizer.id);
  }
}
