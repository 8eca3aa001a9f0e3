import {createHash} from 'node:crypto';
import {closeSync, fsyncSync, openSync, writeFileSync} from 'node:fs';

import {errorDetail} from '../data/error_detail.js';
import {UsageError} from '../usage_error.js';

/**
 * Writes a file, and returns when it is on disk.
 *
 * @returns The SHA-256 of its content, in hexadecimal.
 * @throws UsageError where the system does not take it, as on a full disk.
 */
export function writeDurably(path: string, content: string | Uint8Array): string {
  try {
    const file = openSync(path, 'w');
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new UsageError(
      `${path} could not be written (${errorDetail(error).message}). The checkpoint before it is whole, and the ledger holds what was released since: make room, and give the same flags to go on`,
      {cause: error},
    );
  }
  return sha256(content);
}

/** In hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
