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

/**
 * The append-only record of every release (privacy rule 18). A row is written before its update can be seen, and stays
 * if the step fails afterwards: what is in the ledger has been spent.
 */
export class Ledger {
  private readonly entries: LedgerRow[] = [];

  /** @param onRow - Called with each row before its update is visible, for example to write it to a file. If it throws, nothing is released. */
  constructor(private readonly onRow?: (row: LedgerRow) => void) {}

  get rows(): readonly LedgerRow[] {
    return this.entries;
  }

  /** Writes the row of the next release. */
  append(row: Omit<LedgerRow, 'version' | 'release'>): LedgerRow {
    const complete: LedgerRow = Object.freeze({version: 1, release: this.entries.length, ...row});
    this.onRow?.(complete);
    this.entries.push(complete);
    return complete;
  }
}
