import {DpError} from '../errors.js';
import {firstLink, nextLink} from './chain.js';
import {checkLedgerRow} from './check_row.js';
import type {LedgerRow} from './ledger_row.js';

/**
 * Rows as a store kept them, each with its `link`, and trusted in nothing.
 *
 * @param id - Of the ledger.
 * @param entries - All of them, oldest first.
 * @param at - Where the n-th entry was, for messages.
 * @throws DpError LEDGER_CORRUPT for an entry that was changed, left out or put in.
 */
export function readLinkedRows(
  id: string,
  entries: Iterable<object>,
  at: (index: number) => string,
): {readonly rows: LedgerRow[]; readonly link: string} {
  const rows: LedgerRow[] = [];
  let link = firstLink(id);
  for (const entry of entries) {
    const {link: found, ...fields} = entry as Record<string, unknown>;
    const place = at(rows.length);
    const row = checked(fields, place);
    link = nextLink(link, row);
    if (found !== link || row.release !== rows.length) {
      throw altered(
        place,
        `it is not what was written as release ${rows.length}, or a row before it is missing`,
      );
    }
    rows.push(row);
  }
  return {rows, link};
}

/** The error for a ledger that is not as it was written. */
export function altered(at: string, what: string): DpError {
  return new DpError(
    'LEDGER_CORRUPT',
    `${at}: ${what}. The ledger was cut or altered, and releases may be missing: take the file as this library wrote it, from where it was written. ` +
      'Without it, no epsilon of the run can be given',
  );
}

function checked(fields: Record<string, unknown>, at: string): LedgerRow {
  try {
    return checkLedgerRow(fields);
  } catch (error) {
    throw error instanceof DpError ? new DpError(error.code, `${at}: ${error.message}`) : error;
  }
}
