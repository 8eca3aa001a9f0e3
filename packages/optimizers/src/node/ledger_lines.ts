import {firstLink, nextLink} from '../account/chain.js';
import {checkLedgerRow} from '../account/check_row.js';
import type {LedgerRow} from '../account/ledger.js';
import {DpError} from '../errors.js';

/** The format of the file; a row has a version of its own. */
const FORMAT = {format: '@dp/optimizers ledger', formatVersion: 1} as const;

/** The first line: what the file is, and which ledger. */
export function headerLine(id: string): string {
  return `${JSON.stringify({...FORMAT, id})}\n`;
}

/** A row, and the link that stands for it and all before it. */
export function rowLine(row: LedgerRow, link: string): string {
  return `${JSON.stringify({...row, link})}\n`;
}

/**
 * Reads a ledger's file and trusts nothing about it.
 *
 * @param name - Of the file, for messages.
 * @returns Also where the last whole line ends: bytes after it are of a row that was not written to its end.
 * @throws DpError LEDGER_CORRUPT, naming the line and the remedy.
 */
export function readLedgerLines(
  bytes: Buffer,
  name: string,
): {readonly id: string; readonly rows: readonly LedgerRow[]; readonly end: number} {
  const end = bytes.lastIndexOf('\n') + 1;
  const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  const id = idOf(lines[0], name);
  const rows: LedgerRow[] = [];
  let link = firstLink(id);
  for (let i = 1; i < lines.length; i++) {
    const at = `${name}, line ${i + 1}`;
    const {link: found, ...fields} = parsed(lines[i] as string, at);
    const row = checked(fields, at);
    link = nextLink(link, row);
    if (found !== link || row.release !== rows.length) {
      throw altered(
        at,
        `it is not what was written as release ${rows.length}, or a row before it is missing`,
      );
    }
    rows.push(row);
  }
  return {id, rows, end};
}

function idOf(line: string | undefined, name: string): string {
  const header = line === undefined ? {} : parsed(line, `${name}, line 1`);
  const {format, formatVersion, id} = header;
  if (format !== FORMAT.format) throw altered(name, 'it does not begin as a ledger does');
  if (formatVersion !== FORMAT.formatVersion) {
    throw new DpError(
      'LEDGER_CORRUPT',
      `${name}: format ${String(formatVersion)} needs a later version of this library, which reads ${FORMAT.formatVersion}`,
    );
  }
  if (typeof id !== 'string') throw altered(name, 'its first line names no ledger');
  return id;
}

function parsed(line: string, at: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw altered(at, 'it is not a JSON object');
}

function checked(fields: Record<string, unknown>, at: string): LedgerRow {
  try {
    return checkLedgerRow(fields);
  } catch (error) {
    throw error instanceof DpError ? new DpError(error.code, `${at}: ${error.message}`) : error;
  }
}

function altered(at: string, what: string): DpError {
  return new DpError(
    'LEDGER_CORRUPT',
    `${at}: ${what}. The ledger was cut or altered, and releases may be missing: take the file as this library wrote it, from where it was written. ` +
      'Without it, no epsilon of the run can be given',
  );
}
