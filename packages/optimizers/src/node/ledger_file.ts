import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {dirname} from 'node:path';

import type {LedgerStore} from '../account/ledger.js';
import type {LedgerRow} from '../account/ledger_row.js';
import {uniqueName} from '../account/unique_name.js';
import {DpError} from '../errors.js';
import {headerLine, readLedgerLines, rowLine} from './ledger_lines.js';
import {lock} from './lock.js';

/** Options of `openLedgerFile`. */
export interface LedgerFileOptions {
  /**
   * `new`: refuses a file that is there already; for a run that begins. `existing`: refuses a file that is not there; for one
   * that goes on. Default: `any`.
   */
  readonly expect?: 'new' | 'existing' | 'any';
  /**
   * Removes a last row of which only a part was written. Its step released nothing if a power failure tore it; if anything
   * else cut the file, rows are lost, and with them their epsilon. Default: false, it is refused.
   */
  readonly dropTornRow?: boolean;
}

/** A ledger on disk. */
export interface LedgerFile extends LedgerStore {
  readonly path: string;
  /** Lets another process open it. */
  close(): void;
}

/**
 * Opens a ledger's file, one JSON line a row, for `new Ledger(openLedgerFile(path))`. A row is on disk (fsync) before the
 * update that it is about can be seen. A lock beside the file keeps other writers off until `close`, or until the process
 * ends. Node only.
 *
 * @throws DpError LEDGER_LOCKED if it is open elsewhere; LEDGER_CORRUPT if it was cut or altered; LEDGER_MISSING if there is
 *   none and `expect` is `existing`; INVALID_OPTION if there is one and it is `new`.
 */
export function openLedgerFile(
  path: string,
  {expect = 'any', dropTornRow = false}: LedgerFileOptions = {},
): LedgerFile {
  if (expect === 'existing') checkIsThere(path);
  const held = lock(path);
  try {
    if (existsSync(path)) {
      if (expect === 'new') {
        throw new DpError(
          'INVALID_OPTION',
          `${path} holds the ledger of a run already, and its releases would be forgotten. Name a new file, or go on in this one`,
        );
      }
    } else create(path);
    return new OpenLedgerFile(path, dropTornRow, () => held.release());
  } catch (error) {
    held.release();
    throw error;
  }
}

class OpenLedgerFile implements LedgerFile {
  readonly id: string;
  readonly rows: readonly LedgerRow[];
  private readonly file: number;
  private size: number;
  private next: number;
  /** Why no more rows are taken. */
  private ended: string | undefined;

  constructor(
    readonly path: string,
    dropTornRow: boolean,
    private readonly unlock: () => void,
  ) {
    const bytes = readFileSync(path);
    const {id, rows, end} = readLedgerLines(bytes, path);
    if (end < bytes.length) {
      if (!dropTornRow) throw tornRow(path, rows.length);
      truncateSync(path, end);
    }
    this.id = id;
    this.rows = rows;
    this.next = rows.length;
    this.size = end;
    this.file = openSync(path, 'a');
    // The process before may have been killed between writing its last row and this.
    fsyncSync(this.file);
  }

  append(row: LedgerRow, link: string): void {
    this.checkFits(row);
    // Until the row is known to be on disk, nobody knows whether it is.
    this.ended = 'a row could not be written. What it was about was not released; open it again to go on';
    const line = Buffer.from(rowLine(row, link));
    try {
      for (let written = 0; written < line.length;) written += writeSync(this.file, line, written);
      fdatasyncSync(this.file);
    } catch (error) {
      // A full disk leaves a part of the row, of which nothing was released.
      ftruncateSync(this.file, this.size);
      throw error;
    }
    this.size += line.length;
    this.next++;
    this.ended = undefined;
  }

  close(): void {
    if (this.ended === CLOSED) return;
    this.ended = CLOSED;
    closeSync(this.file);
    this.unlock();
  }

  private checkFits({release}: LedgerRow): void {
    if (this.ended !== undefined) throw new DpError('LEDGER_CORRUPT', `${this.path}: ${this.ended}`);
    if (release !== this.next) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `${this.path}: row ${release} came where ${this.next} was next. Use one Ledger for one open file`,
      );
    }
    const [mine, named] = [fstatSync(this.file), existsSync(this.path) ? statSync(this.path) : undefined];
    if (named?.ino !== mine.ino || mine.size !== this.size) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `${this.path} was ${named === undefined ? 'removed' : 'changed'} while it was open. Nothing was released; put back the file as it was, and open it again`,
      );
    }
  }
}

const CLOSED = 'it is closed; open it again to go on';

function checkIsThere(path: string): void {
  if (existsSync(path)) return;
  throw new DpError(
    'LEDGER_MISSING',
    `there is no ledger ${path}, and without it the releases of the run would be forgotten. Name the ledger of the run that is resumed`,
  );
}

/** The file is never seen without its header, wherever the process is killed. */
function create(path: string): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, headerLine(uniqueName('ledger')), {flush: true});
  renameSync(unfinished, path);
  // A new name is on disk when its folder is; Windows has no such call.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function tornRow(path: string, whole: number): DpError {
  return new DpError(
    'LEDGER_CORRUPT',
    `${path}: only a part of the last row was written, after ${whole} whole ones. If a power failure tore it, its step released nothing: ` +
      'open the ledger with dropTornRow. If the file was copied or cut, take the original: rows may be missing',
  );
}
