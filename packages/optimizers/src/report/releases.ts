import type {LedgerRow} from '../account/ledger_row.js';

/** From the least value to the largest. */
export interface Range {
  readonly least: number;
  readonly largest: number;
}

/** Releases of one kind by one optimizer. Public constants. */
export interface ReleaseSummary {
  readonly what: LedgerRow['what'];
  /** `id` of the optimizer in the ledger. */
  readonly optimizer: string;
  readonly mechanism: LedgerRow['mechanism']['kind'];
  readonly sampling: LedgerRow['sampling']['kind'];
  readonly releases: number;
  readonly noiseMultiplier: Range;
  readonly l2NormClip: Range;
  readonly sensitivity: Range;
  /** The clipping mode in words, of the last release. */
  readonly clipping: string;
  readonly microbatchSize: number;
  readonly divisor: number;
  readonly numParameters: number;
}

/** The rows of a ledger, in groups of one kind. */
export function summarizeReleases(rows: readonly LedgerRow[]): readonly ReleaseSummary[] {
  const groups = new Map<string, LedgerRow[]>();
  for (const row of rows) {
    const {what, optimizer, mechanism, sampling, microbatchSize, divisor, numParameters} = row;
    const key = JSON.stringify([
      [what, optimizer.id, mechanism.kind, sampling.kind],
      [microbatchSize, divisor, numParameters],
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return Array.from(groups.values(), (group) => {
    const last = group[group.length - 1] as LedgerRow;
    const {what, optimizer, mechanism, sampling, clipping, microbatchSize, divisor, numParameters} = last;
    return {
      what,
      optimizer: optimizer.id,
      mechanism: mechanism.kind,
      sampling: sampling.kind,
      releases: group.length,
      noiseMultiplier: rangeOf(group, 'noiseMultiplier'),
      l2NormClip: rangeOf(group, 'l2NormClip'),
      sensitivity: rangeOf(group, 'sensitivity'),
      clipping,
      microbatchSize,
      divisor,
      numParameters,
    };
  });
}

function rangeOf(rows: readonly LedgerRow[], field: 'noiseMultiplier' | 'l2NormClip' | 'sensitivity'): Range {
  let [least, largest] = [Infinity, -Infinity];
  for (const {[field]: value} of rows) {
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  return {least, largest};
}
