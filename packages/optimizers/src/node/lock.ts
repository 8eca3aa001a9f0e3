import {closeSync, linkSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';

import {uniqueName} from '../account/unique_name.js';
import {DpError} from '../errors.js';
import {mayRun, thisProcess, type ProcessIdentity} from './process_identity.js';

/** Keeps every other writer off a file. */
export interface Lock {
  release(): void;
}

interface Holder extends ProcessIdentity {
  /** Unique: one process may open a file twice. */
  readonly name: string;
}

/**
 * Locks a file by a second one beside it, `PATH.lock`, which names the process. A lock whose process has ended is taken over.
 *
 * @throws DpError LEDGER_LOCKED if another process, or this one, holds it.
 */
export function lock(path: string): Lock {
  const lockPath = `${path}.lock`;
  const holder: Holder = {...thisProcess(), name: uniqueName('lock')};
  if (!take(lockPath, holder) && !takeOver(lockPath, holder)) throw locked(path, lockPath);
  return {
    release() {
      if (holderOf(lockPath)?.name === holder.name) rmSync(lockPath, {force: true});
    },
  };
}

/** Complete from the first moment: written beside, then linked to its name if nobody else has it. */
function take(lockPath: string, holder: Holder): boolean {
  const own = `${lockPath}.${holder.name}`;
  try {
    writeFileSync(own, JSON.stringify(holder), {flag: 'wx'});
    linkSync(own, lockPath);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, {force: true});
  }
}

/** Only who holds `PATH.lock.takeover` may remove a lock that is not its own, so that two can't both take the place of one. */
function takeOver(lockPath: string, holder: Holder): boolean {
  const takeover = `${lockPath}.takeover`;
  try {
    closeSync(openSync(takeover, 'wx'));
  } catch {
    return false;
  }
  try {
    const other = holderOf(lockPath);
    if (other === undefined || mayRun(other)) return false;
    rmSync(lockPath);
    return take(lockPath, holder);
  } finally {
    rmSync(takeover, {force: true});
  }
}

function holderOf(lockPath: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(lockPath, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function locked(path: string, lockPath: string): DpError {
  const other = holderOf(lockPath);
  return new DpError(
    'LEDGER_LOCKED',
    `the ledger ${path} is open in process ${other?.pid ?? 'unknown'} on ${other?.host ?? 'an unknown machine'}, and two writers would lose each other's releases. ` +
      `Close it there; if no process has it open any more, delete ${lockPath} (and ${lockPath}.takeover, if there is one)`,
  );
}
