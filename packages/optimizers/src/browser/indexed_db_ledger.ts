import type {LedgerStore, NewRow} from '../account/ledger.js';
import type {LedgerRow} from '../account/ledger_row.js';
import {DpError} from '../errors.js';
import {openDatabase, readRows, write, type Database, type LinkedRow} from './database.js';
import {Reservations, reservedRow, type ReservedRow} from './reservations.js';
import {webLock} from './web_lock.js';

/** Options of `openIndexedDbLedger`. */
export interface IndexedDbLedgerOptions {
  /**
   * `new`: refuses a ledger that is there already; for a run that begins. `existing`: refuses one that is not there; for one
   * that goes on. Default: `any`.
   */
  readonly expect?: 'new' | 'existing' | 'any';
}

/** A ledger in the browser's IndexedDB. */
export interface IndexedDbLedger extends LedgerStore {
  readonly name: string;
  /**
   * Makes durable what coming batches may release, and resolves only then. Call it between batches: a batch that has released
   * something, and is not in `planned`, releases nothing more.
   *
   * @param planned - What `optimizer.foresee` returns: for each batch all of its releases together as one row; rows of one
   *   batch, as of two optimizers, add up. Public.
   * @throws DpError UNSUPPORTED for noise trees; LEDGER_CORRUPT for what is no row, or if storage failed.
   */
  reserve(planned: readonly NewRow[]): Promise<void>;
  /** Resolves when all rows are durable: before a checkpoint, which else might know rows that are lost with the page. */
  flush(): Promise<void>;
  /** Writes what is left, gives unused reservations back, since nothing can be released on them now, and lets others open it. */
  close(): Promise<void>;
}

/**
 * Opens a ledger in the browser's storage, for `new Ledger(await openIndexedDbLedger('run'))`. A step is synchronous and storage
 * is not, so that a release must have been reserved durably before it, at its cost or more; its row is written behind. If the
 * page ends before `close`, reservations without a row count as spent when the ledger is opened again (privacy rule 18). A lock
 * keeps other pages and workers off.
 *
 * @param name - Of the ledger, in this origin.
 * @throws DpError LEDGER_LOCKED if it is open elsewhere; UNSUPPORTED without Web Locks or IndexedDB; LEDGER_CORRUPT if it was
 *   altered; LEDGER_MISSING if there is none and `expect` is `existing`; INVALID_OPTION if there is one and it is `new`.
 */
export async function openIndexedDbLedger(
  name: string,
  {expect = 'any'}: IndexedDbLedgerOptions = {},
): Promise<IndexedDbLedger> {
  if (!('indexedDB' in globalThis)) {
    throw new DpError(
      'UNSUPPORTED',
      'this environment has no IndexedDB to keep a ledger in. In Node, use openLedgerFile of @dp/optimizers/node',
    );
  }
  let store: OpenIndexedDbLedger | undefined;
  const unlock = await webLock(name, () => store?.end('its lock was taken by force'));
  let database: Database | undefined;
  try {
    database = await openDatabase(name, expect, () => store?.end('the browser has closed its storage'));
    store = new OpenIndexedDbLedger(name, await readRows(database, name), database, unlock);
    return store;
  } catch (error) {
    database?.close();
    unlock();
    throw error;
  }
}

class OpenIndexedDbLedger implements IndexedDbLedger {
  readonly id: string;
  readonly rows: readonly LedgerRow[];
  private next: number;
  private readonly reservations = new Reservations();
  /** Rows that are not written yet. */
  private pending: LinkedRow[] = [];
  /** What is written is written in order: after a failure nothing more is. */
  private lastWrite: Promise<void> = Promise.resolve();
  /** Why no more rows are taken. */
  private ended: string | undefined;

  constructor(
    readonly name: string,
    {id, rows}: {readonly id: string; readonly rows: readonly LedgerRow[]},
    private readonly database: Database,
    private readonly unlock: () => void,
  ) {
    this.id = id;
    this.rows = rows;
    this.next = rows.length;
  }

  append(row: LedgerRow, link: string): void {
    this.checkOpen();
    if (row.release !== this.next) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `the browser's ledger '${this.name}': row ${row.release} came where ${this.next} was next. Use one Ledger for one open store`,
      );
    }
    this.reservations.use(row);
    this.next++;
    this.pending.push({...row, link});
    void this.inOrder();
  }

  async reserve(planned: readonly NewRow[]): Promise<void> {
    this.checkOpen();
    const rows = planned.map(reservedRow);
    this.reservations.together(rows);
    this.reservations.endBegun();
    await this.inOrder(rows);
  }

  async flush(): Promise<void> {
    await this.inOrder();
  }

  async close(): Promise<void> {
    if (this.ended === CLOSED) return;
    const isSound = this.ended === undefined;
    this.ended = CLOSED;
    try {
      await this.inOrder();
      if (isSound) this.reservations.endAll();
      await this.inOrder();
    } finally {
      this.database.close();
      this.unlock();
    }
  }

  /** Takes no more rows. */
  end(why: string): void {
    this.ended ??= `${why}. What was released since the last row is reserved, and counts as spent; open it again to go on`;
  }

  private inOrder(reserved: readonly ReservedRow[] = []): Promise<void> {
    const written = this.lastWrite.then(() => this.write(reserved));
    this.lastWrite = written;
    written.catch((error: unknown) => this.end(`a write failed (${String(error)})`));
    return written;
  }

  private async write(reserved: readonly ReservedRow[]): Promise<void> {
    if (this.ended !== CLOSED) this.checkOpen();
    const rows = this.pending;
    this.pending = [];
    const changes = new Map([...this.reservations.takeChanges(), ...this.reservations.together(reserved)]);
    if (rows.length + changes.size === 0) return;
    await write(this.database, rows, changes);
    // Only what is durable may be used.
    this.reservations.add(reserved);
  }

  private checkOpen(): void {
    if (this.ended !== undefined)
      throw new DpError('LEDGER_CORRUPT', `the browser's ledger '${this.name}': ${this.ended}`);
  }
}

const CLOSED = 'it is closed; open it again to go on';
