import type {LedgerRow} from '../account/ledger_row.js';
import {altered, readLinkedRows} from '../account/linked_rows.js';
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
  const {rows} = readLinkedRows(id, entries(lines, name), (index) => lineOf(name, index));
  return {id, rows, end};
}

function* entries(lines: readonly string[], name: string): Generator<Record<string, unknown>> {
  for (let i = 1; i < lines.length; i++) yield parsed(lines[i] as string, lineOf(name, i - 1));
}

/** Of a release: the first line is the header. */
function lineOf(name: string, release: number): string {
  return `${name}, line ${release + 2}`;
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
