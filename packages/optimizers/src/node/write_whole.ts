import {writeSync} from 'node:fs';

/** Writes all bytes to an open file: the system may take fewer at a time. */
export function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}
