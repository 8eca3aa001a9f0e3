import type {Sampling} from './sampling.js';

/**
 * One release: one noisy sum that left the private region. A row holds public constants only: nothing about who was
 * drawn, how many, or what their gradients were.
 */
export interface LedgerRow {
  /** Format of the row. */
  readonly version: 1;
  /** Number of this release in its ledger, from 0. */
  readonly release: number;
  /** Releases with one batch id are one event (privacy rule 6). */
  readonly batchId: string;
  readonly sampling: Sampling;
  /** Standard deviation of the noise on the sum, divided by `sensitivity`. */
  readonly noiseMultiplier: number;
  /** L2 bound of what one record can change in the sum: when it is added, removed or zeroed out. Includes rounding. */
  readonly sensitivity: number;
  readonly l2NormClip: number;
  readonly microbatchSize: number;
  /** The public constant that the noisy sum was divided by. */
  readonly divisor: number;
  /** Power of two that sums and noise are multiples of. */
  readonly grid: number;
  readonly numParameters: number;
  /** Where the noise came from; a source that is not secure protects nobody. */
  readonly random: {readonly name: string; readonly secure: boolean};
}

/** Where a ledger keeps its rows: a file, a browser's database, or nothing but memory. */
export interface LedgerStore {
  /** The rows of earlier runs, checked, oldest first. */
  readonly rows: readonly LedgerRow[];
  /** Makes a row durable, and returns only then. If it throws, nothing is released. */
  append(row: LedgerRow): void;
}

/**
 * The append-only record of every release (privacy rule 18). A row is durable before its update can be seen, and stays
 * if the step fails afterwards: what is in the ledger has been spent.
 */
export class Ledger {
  private readonly entries: LedgerRow[];

  /** @param store - Default: memory alone. What it holds already is part of this ledger. */
  constructor(private readonly store?: LedgerStore) {
    this.entries = [...(store?.rows ?? [])];
  }

  get rows(): readonly LedgerRow[] {
    return this.entries;
  }

  /** Writes the row of the next release. */
  append(row: Omit<LedgerRow, 'version' | 'release'>): LedgerRow {
    const complete: LedgerRow = Object.freeze({version: 1, release: this.entries.length, ...row});
    this.store?.append(complete);
    this.entries.push(complete);
    return complete;
  }
}
