import {DpError} from '../errors.js';

/**
 * The error for a row that the system did not take.
 *
 * @param isAsBefore - Whether the file is known to be as it was before the row, and takes the next.
 */
export function rowNotWritten(path: string, error: unknown, isAsBefore: boolean): DpError {
  const remedy = isAsBefore ? 'then take the step again' : 'then open the ledger again to go on';
  return new DpError(
    'LEDGER_NOT_WRITTEN',
    `${path}: the row of a release could not be written (${reason(error)}), so that nothing was released. ` +
      `Make room where it lies, or whatever the system asks for; ${remedy}`,
    {cause: error},
  );
}

/** The error for a ledger that the system does not let us open. */
export function notOpened(path: string, error: unknown): DpError {
  return new DpError(
    'LEDGER_NOT_WRITTEN',
    `the ledger ${path} could not be opened (${reason(error)}). Its folder must be there and writable, and the disk not full; nothing was released`,
    {cause: error},
  );
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error for a ledger that is there, where a run begins. */
export function isThere(path: string): DpError {
  return new DpError(
    'INVALID_OPTION',
    `${path} holds the ledger of a run already, and its releases would be forgotten. Name a new file, or go on in this one`,
  );
}

/** The error for a file that ends within a row. */
export function isTorn(path: string, whole: number): DpError {
  return new DpError(
    'LEDGER_CORRUPT',
    `${path}: only a part of the last row was written, after ${whole} whole ones. If a power failure tore it, its step released nothing: ` +
      'open the ledger with dropTornRow. If the file was copied or cut, take the original: rows may be missing',
  );
}
