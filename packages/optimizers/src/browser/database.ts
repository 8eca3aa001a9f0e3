import {deleteDB, openDB, type DBSchema, type IDBPDatabase} from 'idb';

import {nextLink} from '../account/chain.js';
import {checkLedgerRow} from '../account/check_row.js';
import type {LedgerRow} from '../account/ledger_row.js';
import {altered, readLinkedRows} from '../account/linked_rows.js';
import {uniqueName} from '../account/unique_name.js';
import {DpError} from '../errors.js';
import type {ReservedRow} from './reservations.js';

/** A row, and the link that stands for it and all before it. */
export type LinkedRow = LedgerRow & {readonly link: string};

/** Of one ledger. */
interface Schema extends DBSchema {
  /** One entry: which ledger this is. */
  ledger: {key: 'id'; value: string};
  /** By number. */
  rows: {key: number; value: LinkedRow};
  /** By batch. */
  reservations: {key: string; value: ReservedRow};
}

export type Database = IDBPDatabase<Schema>;

/**
 * The database of a ledger; a new one where there is none.
 *
 * @param onEnded - Called if the browser closes it.
 * @throws DpError INVALID_OPTION for one that is there where `expect` is `new`; LEDGER_MISSING for none where it is `existing`.
 */
export async function openDatabase(
  name: string,
  expect: 'new' | 'existing' | 'any',
  onEnded: () => void,
): Promise<Database> {
  const fullName = `@dp/optimizers ledger ${name}`;
  const found = {isNew: false};
  const database = await openDB<Schema>(fullName, 1, {
    upgrade(created) {
      found.isNew = true;
      created.createObjectStore('rows');
      created.createObjectStore('reservations');
      void created.createObjectStore('ledger').put(uniqueName('ledger'), 'id');
    },
    terminated: onEnded,
  });
  if (found.isNew ? expect !== 'existing' : expect !== 'new') return database;
  database.close();
  if (!found.isNew) {
    throw new DpError(
      'INVALID_OPTION',
      `the browser's ledger '${name}' is that of a run already, and its releases would be forgotten. Take a new name, or go on in this one`,
    );
  }
  await deleteDB(fullName);
  throw new DpError(
    'LEDGER_MISSING',
    `the browser holds no ledger '${name}', and without it the releases of the run would be forgotten. Name the ledger of the run that is resumed; if the browser has removed its storage, its epsilon is lost`,
  );
}

/**
 * Reads a ledger. Reservations that are left were those of a run that was not closed: whether their releases were made nobody
 * knows, so that they become rows, and count as spent.
 */
export async function readRows(
  database: Database,
  name: string,
): Promise<{readonly id: string; readonly rows: readonly LedgerRow[]}> {
  const transaction = database.transaction(['ledger', 'rows', 'reservations'], 'readwrite', {
    durability: 'strict',
  });
  const [ledger, kept, reservations] = [
    transaction.objectStore('ledger'),
    transaction.objectStore('rows'),
    transaction.objectStore('reservations'),
  ];
  const [id, entries, reserved] = await Promise.all([ledger.get('id'), kept.getAll(), reservations.getAll()]);
  const at = `the browser's ledger '${name}'`;
  if (typeof id !== 'string') throw altered(at, 'it has no id');
  const read = readLinkedRows(id, entries, (index) => `${at}, row ${index}`);
  const rows = [...read.rows];
  let {link} = read;
  const spent: LinkedRow[] = [];
  for (const row of reserved) {
    const counted = checkLedgerRow({...row, release: rows.length});
    link = nextLink(link, counted);
    rows.push(counted);
    spent.push({...counted, link});
  }
  await Promise.all([
    ...spent.map((row) => kept.add(row, row.release)),
    reservations.clear(),
    transaction.done,
  ]);
  return {id, rows};
}

/**
 * Writes rows and reservations, all or none.
 *
 * @param reservations - By batch; undefined: to remove.
 */
export async function write(
  database: Database,
  rows: readonly LinkedRow[],
  reservations: ReadonlyMap<string, ReservedRow | undefined>,
): Promise<void> {
  const transaction = database.transaction(['rows', 'reservations'], 'readwrite', {durability: 'strict'});
  const [kept, reserved] = [transaction.objectStore('rows'), transaction.objectStore('reservations')];
  await Promise.all([
    ...rows.map((row) => kept.add(row, row.release)),
    ...Array.from(reservations, ([batch, row]) =>
      row === undefined ? reserved.delete(batch) : reserved.put(row, batch),
    ),
    transaction.done,
  ]);
}
