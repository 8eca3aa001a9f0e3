import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';

import type {LedgerStore} from '../account/ledger.js';
import type {LedgerRow} from '../account/ledger_row.js';
import {uniqueName} from '../account/unique_name.js';
import {boolean, optionsObject, shown} from '../checks.js';
import {DpError} from '../errors.js';
import {createWith} from './create_file.js';
import {isThere, isTorn, notOpened, rowNotWritten} from './file_errors.js';
import {headerLine, readLedgerLines, rowLine} from './ledger_lines.js';
import {lock, type Lock} from './lock.js';
import {writeWhole} from './write_whole.js';

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
 * On a full disk `append` throws LEDGER_NOT_WRITTEN, the step releases nothing, and the file is as it was: the step can be taken
 * again when there is room.
 *
 * @throws DpError LEDGER_LOCKED if it is open elsewhere; LEDGER_CORRUPT if it was cut or altered; LEDGER_MISSING if there is
 *   none and `expect` is `existing`; INVALID_OPTION if there is one and it is `new`; LEDGER_NOT_WRITTEN where the system does not
 *   let it be opened or written.
 */
export function openLedgerFile(path: string, options: LedgerFileOptions = {}): LedgerFile {
  optionsObject('options', options);
  const {expect = 'any', dropTornRow = false} = options;
  checkOptions(path, expect);
  boolean('dropTornRow', dropTornRow);
  if (expect === 'existing') checkIsThere(path);
  const held = locked(path);
  try {
    if (!existsSync(path)) createWith(path, headerLine(uniqueName('ledger')));
    else if (expect === 'new') throw isThere(path);
    return new OpenLedgerFile(path, dropTornRow, () => held.release());
  } catch (error) {
    held.release();
    throw error instanceof DpError ? error : notOpened(path, error);
  }
}

class OpenLedgerFile implements LedgerFile {
  readonly id: string;
  readonly rows: readonly LedgerRow[];
  private readonly file: number;
  /** For waiting elsewhere: a system tells each open file once that it could not write. */
  private readonly sameFile: number;
  /** What was written, and how much of it is known to be on disk. */
  private size: number;
  private durableSize: number;
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
      if (!dropTornRow) throw isTorn(path, rows.length);
      truncateSync(path, end);
    }
    this.id = id;
    this.rows = rows;
    this.next = rows.length;
    this.size = end;
    this.durableSize = end;
    this.file = openSync(path, 'a');
    this.sameFile = openSync(path, 'a');
    // The process before may have been killed between writing its last row and this.
    fsyncSync(this.file);
  }

  append(row: LedgerRow, link: string): void {
    this.begin(row, link);
    this.settle();
  }

  begin(row: LedgerRow, link: string): void {
    this.checkFits(row);
    const line = Buffer.from(rowLine(row, link));
    try {
      writeWhole(this.file, line);
    } catch (error) {
      // A full disk leaves a part of the row, of which nothing was released.
      const isAsBefore = this.takeBackTo(this.size);
      if (!isAsBefore) this.ended = NOT_WRITTEN;
      throw rowNotWritten(this.path, error, isAsBefore);
    }
    this.size += line.length;
    this.next++;
  }

  settle(): void {
    if (this.ended !== undefined && this.durableSize < this.size) throw this.refused(this.ended);
    if (this.durableSize === this.size) return;
    try {
      fdatasyncSync(this.file);
    } catch (error) {
      throw this.notDurable(error);
    }
    this.durableSize = this.size;
  }

  async settled(): Promise<void> {
    const {size} = this;
    await new Promise<void>((resolve, reject) => {
      fdatasync(this.sameFile, (error) => {
        if (error !== null && this.ended !== CLOSED) {
          reject(this.notDurable(error));
          return;
        }
        if (this.ended === undefined) this.durableSize = Math.max(this.durableSize, size);
        resolve();
      });
    });
  }

  close(): void {
    if (this.ended === CLOSED) return;
    this.ended = CLOSED;
    closeSync(this.file);
    closeSync(this.sameFile);
    this.unlock();
  }

  /** What a system that could not write holds of a file may not be what is on disk: no row is added to it. */
  private notDurable(error: unknown): DpError {
    this.takeBackTo(this.durableSize);
    this.ended = NOT_WRITTEN;
    return rowNotWritten(this.path, error, false);
  }

  private takeBackTo(size: number): boolean {
    try {
      ftruncateSync(this.file, size);
      return true;
    } catch {
      return false;
    }
  }

  private refused(why: string): DpError {
    return new DpError('LEDGER_CORRUPT', `${this.path}: ${why}`);
  }

  private checkFits({release}: LedgerRow): void {
    if (this.ended !== undefined) throw this.refused(this.ended);
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
/** Until a row is known to be on disk, nobody knows whether it is. */
const NOT_WRITTEN = 'a row could not be written. What it was about was not released; open it again to go on';

function checkOptions(path: unknown, expect: unknown): void {
  if (typeof path !== 'string' || path === '')
    throw new DpError(
      'INVALID_OPTION',
      `path must name the ledger's file, got ${path === '' ? "''" : typeof path}`,
    );
  if (expect !== 'new' && expect !== 'existing' && expect !== 'any')
    throw new DpError('INVALID_OPTION', `expect must be 'new', 'existing' or 'any', got ${shown(expect)}`);
}

function locked(path: string): Lock {
  try {
    return lock(path);
  } catch (error) {
    throw error instanceof DpError ? error : notOpened(path, error);
  }
}

function checkIsThere(path: string): void {
  if (existsSync(path)) return;
  throw new DpError(
    'LEDGER_MISSING',
    `there is no ledger ${path}, and without it the releases of the run would be forgotten. Name the ledger of the run that is resumed`,
  );
}
