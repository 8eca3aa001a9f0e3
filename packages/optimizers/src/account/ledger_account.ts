import {DpError} from '../errors.js';
import type {Ledger, LedgerRow} from './ledger.js';
import {spendingFor, type Participation} from './spendings.js';
import type {Spending} from './spending.js';

/**
 * What the rows of one ledger amount to. Rows are append-only, so each is read once: asking again after an epoch reads that
 * epoch's rows.
 */
export class LedgerAccount {
  /** Undefined before the first release. */
  spending: Spending | undefined;
  /** False if any noise came from a source that protects nobody. */
  secure = true;
  /** Number of noise values drawn. */
  draws = 0;
  /** Number of rows read. */
  releases = 0;
  private kind: string | undefined;
  private readonly samplings = new Map<string, string>();

  constructor(private readonly declared: Participation | undefined) {
    // A declaration that does not fit is refused also before the first release.
    if (declared !== undefined) spendingFor({kind: 'unknown'}, declared);
  }

  /** Reads the rows that came since the last time. */
  update(rows: readonly LedgerRow[]): this {
    while (this.releases < rows.length) {
      this.add(rows[this.releases] as LedgerRow);
      this.releases++;
    }
    return this;
  }

  private add(row: LedgerRow): void {
    const {sampling, batchId} = row;
    this.kind ??= sampling.kind;
    if (sampling.kind !== this.kind) {
      throw new DpError(
        'UNSUPPORTED',
        `the ledger mixes batches sampled in different ways (${this.kind}, ${sampling.kind}), for which no one neighbouring relation holds. Use one ledger for each`,
      );
    }
    const drawn = JSON.stringify(sampling);
    if ((this.samplings.get(batchId) ?? drawn) !== drawn) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `two batches that were drawn differently are both named '${batchId}', and releases from one batch are accounted together. Give each batch a name of its own`,
      );
    }
    const spending = this.spending ?? spendingFor(sampling, this.declared);
    spending.add(row);
    this.spending = spending;
    this.samplings.set(batchId, drawn);
    this.secure &&= row.random.secure;
    this.draws += row.numParameters;
  }
}

const ACCOUNTS = new WeakMap<Ledger, Map<string, LedgerAccount>>();

/** The account of a ledger, up to date. */
export function accountOf(ledger: Ledger, declared: Participation | undefined): LedgerAccount {
  const accounts = ACCOUNTS.get(ledger) ?? new Map<string, LedgerAccount>();
  ACCOUNTS.set(ledger, accounts);
  const key = JSON.stringify(declared ?? null);
  const account = accounts.get(key) ?? new LedgerAccount(declared);
  accounts.set(key, account);
  return account.update(ledger.rows);
}
