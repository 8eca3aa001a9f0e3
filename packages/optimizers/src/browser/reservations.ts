import {combineMultipliers} from '../account/batch_noise.js';
import {checkLedgerRow} from '../account/check_row.js';
import type {NewRow} from '../account/ledger.js';
import type {LedgerRow} from '../account/ledger_row.js';
import type {Sampling} from '../account/sampling.js';
import {uniqueName} from '../account/unique_name.js';
import {DpError} from '../errors.js';

/** Everything that may be released from one batch, as one row: its noise is that of all of it together (privacy rule 6). */
export type ReservedRow = NewRow & Pick<LedgerRow, 'version'>;

interface Reservation {
  readonly row: ReservedRow;
  /** The noise of what was released on it; infinite: nothing yet. */
  readonly releasedMultiplier: number;
  readonly releasedParameters: number;
}

/** So much less noise is reserved than planned that rounding, as of adaptive clipping's split, is covered. */
const RESERVED_SHARE = 1 - 2 ** -40;
/** From here on what is left of a reservation is rounding. */
const USED_UP = 1 + 2 ** -30;

/**
 * What may be released before its own row is durable: one reservation a batch, by the batch's id. Where ids mean nothing
 * (unknown sampling, counts over a whole data set), every release adds up, and any reservation of the same sampling serves.
 */
export class Reservations {
  private readonly byBatch = new Map<string, Reservation>();
  private readonly changed = new Set<string>();

  /**
   * Uses what was reserved for a row.
   *
   * @throws DpError NOT_RESERVED if it would cost more; nothing has changed then.
   */
  use(row: LedgerRow): void {
    const key = this.byBatch.has(row.batchId) ? row.batchId : this.anyOf(row.sampling);
    const reservation = key === undefined ? undefined : this.byBatch.get(key);
    if (key === undefined || reservation === undefined) {
      throw notReserved(`batch '${row.batchId}' has no reservation, or has used it up`);
    }
    checkCovered(reservation.row, row);
    const used: Reservation = {
      row: {...reservation.row, batchId: row.batchId},
      releasedMultiplier: combineMultipliers(reservation.releasedMultiplier, row.noiseMultiplier),
      releasedParameters: reservation.releasedParameters + row.numParameters,
    };
    checkEnough(used);
    this.set(key, undefined);
    const isUsedUp = used.releasedMultiplier <= used.row.noiseMultiplier * USED_UP;
    this.set(row.batchId, isUsedUp ? undefined : used);
  }

  /** Ends the reservations of batches that have released something: nothing more can be released on them. */
  endBegun(): void {
    for (const [key, {releasedMultiplier}] of this.byBatch)
      if (releasedMultiplier !== Infinity) this.set(key, undefined);
  }

  /** Ends all: nothing more can be released. */
  endAll(): void {
    for (const key of this.byBatch.keys()) this.set(key, undefined);
  }

  /** These rows, each together with what its batch has reserved already. */
  together(rows: readonly ReservedRow[]): Map<string, ReservedRow> {
    const all = new Map<string, ReservedRow>();
    for (const row of rows) {
      const other = all.get(row.batchId) ?? this.byBatch.get(row.batchId)?.row;
      all.set(row.batchId, other === undefined ? row : combined(other, row));
    }
    return all;
  }

  /** Takes up rows that are durable. */
  add(rows: readonly ReservedRow[]): void {
    for (const [key, row] of this.together(rows)) {
      const {releasedMultiplier = Infinity, releasedParameters = 0} = this.byBatch.get(key) ?? {};
      this.set(key, {row, releasedMultiplier, releasedParameters});
    }
  }

  /** What to write, by batch, since it was asked last; undefined: to remove. */
  takeChanges(): Map<string, ReservedRow | undefined> {
    const changes = new Map(Array.from(this.changed, (key) => [key, this.byBatch.get(key)?.row] as const));
    this.changed.clear();
    return changes;
  }

  private set(key: string, reservation: Reservation | undefined): void {
    if (reservation === undefined) this.byBatch.delete(key);
    else this.byBatch.set(key, reservation);
    this.changed.add(key);
  }

  private anyOf(sampling: Sampling): string | undefined {
    if (!addsUp(sampling)) return undefined;
    for (const [key, {row, releasedMultiplier}] of this.byBatch)
      if (releasedMultiplier === Infinity && isSame(row.sampling, sampling)) return key;
    return undefined;
  }
}

/**
 * What to reserve for a planned row.
 *
 * @throws DpError UNSUPPORTED for trees; LEDGER_CORRUPT for what is no row.
 */
export function reservedRow(planned: NewRow): ReservedRow {
  const {optimizer, sampling, mechanism} = planned;
  if (mechanism.kind !== 'gaussian') {
    throw new DpError(
      'UNSUPPORTED',
      'releases of noise trees cannot be reserved: what a leaf costs depends on all others of its tree. Keep the ledger in memory, or train in Node with openLedgerFile',
    );
  }
  const unnamed = uniqueName('reserved');
  const row: ReservedRow = {
    ...planned,
    version: 1,
    // A declaration of participation is read by optimizer and step: on its own, a reserved row is an epoch more.
    optimizer: {
      className: optimizer.className,
      id: `${optimizer.className}-${addsUp(sampling) ? unnamed : 'reserved'}`,
    },
    batchId: addsUp(sampling) ? unnamed : planned.batchId,
    noiseMultiplier: planned.noiseMultiplier * RESERVED_SHARE,
    clipping: 'reserved, and counted as released',
    // One more for the count of adaptive clipping.
    numParameters: planned.numParameters + 1,
  };
  // In the order of a row's fields, as its sampling is compared.
  return {...row, sampling: checkLedgerRow({...row, release: 0}).sampling};
}

/** Whether releases add up, whatever their batches. */
function addsUp({kind}: Sampling): boolean {
  return kind === 'unknown' || kind === 'all';
}

function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function combined(a: ReservedRow, b: ReservedRow): ReservedRow {
  if (!isSame(a.sampling, b.sampling) || a.microbatchSize !== b.microbatchSize) {
    throw new DpError(
      'INVALID_OPTION',
      `batch '${a.batchId}' is to be reserved with two samplings or microbatch sizes, and one batch has one`,
    );
  }
  return {
    ...a,
    noiseMultiplier: combineMultipliers(a.noiseMultiplier, b.noiseMultiplier),
    numParameters: a.numParameters + b.numParameters,
    random: a.random.secure ? b.random : a.random,
  };
}

function checkCovered(reserved: ReservedRow, row: LedgerRow): void {
  const {sampling, mechanism, microbatchSize, random, samplerRandom, batchId} = row;
  const differs =
    (!isSame(reserved.sampling, sampling) && 'sampling') ||
    (!isSame(reserved.mechanism, mechanism) && 'mechanism') ||
    (reserved.microbatchSize !== microbatchSize && 'microbatchSize') ||
    (reserved.random.secure && !random.secure && 'random source') ||
    (!isSame({...reserved.samplerRandom}, {...samplerRandom}) && 'source of the draw');
  if (differs) throw notReserved(`what was reserved for batch '${batchId}' has another ${differs}`);
}

function checkEnough({row, releasedMultiplier, releasedParameters}: Reservation): void {
  if (!(releasedMultiplier >= row.noiseMultiplier)) {
    throw notReserved(
      `all releases of batch '${row.batchId}' together would have the noise multiplier ${releasedMultiplier}, and ${row.noiseMultiplier} was reserved`,
    );
  }
  if (releasedParameters > row.numParameters) {
    throw notReserved(
      `the releases of batch '${row.batchId}' have ${releasedParameters} parameters, and ${row.numParameters} were reserved`,
    );
  }
}

function notReserved(what: string): DpError {
  return new DpError(
    'NOT_RESERVED',
    `${what}. Storage in a browser is asynchronous, so that what a release costs must be durable before it: await the ledger's ` +
      'reserve(optimizer.foresee(batches, numParameters)) for the coming batches. Nothing was released',
  );
}
