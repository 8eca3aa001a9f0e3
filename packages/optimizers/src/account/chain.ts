import {sha256} from '@noble/hashes/sha2.js';
import {bytesToHex, utf8ToBytes} from '@noble/hashes/utils.js';

import type {LedgerRow} from './ledger_row.js';

/** The link before a ledger's first row. */
export function firstLink(ledgerId: string): string {
  return hash(ledgerId);
}

/**
 * The link of a row: it stands for the row and all rows before it, so that a row that was changed, left out or put in breaks
 * every link after it. It shows accidents, not forgery: whoever can write the ledger can write its links.
 */
export function nextLink(previous: string, row: LedgerRow): string {
  return hash(previous + JSON.stringify(row));
}

/** The first 128 bits of SHA-256. */
function hash(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)).subarray(0, 16));
}
