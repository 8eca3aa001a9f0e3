import {sha256} from '@noble/hashes/sha2.js';
import {bytesToHex} from '@noble/hashes/utils.js';
import {DpError} from '@dp/optimizers';

const MAGIC = 'dp-checkpoint-1\n';

/** A header as JSON, and the weights that it describes. */
export interface CheckpointParts {
  readonly header: unknown;
  readonly weights: Uint8Array;
}

/** One run of bytes: a first line, the sum of what follows, the header on a line of its own, the weights. */
export function toBytes({header, weights}: CheckpointParts): Uint8Array {
  const body = joined([new TextEncoder().encode(`${JSON.stringify(header)}\n`), weights]);
  return joined([new TextEncoder().encode(`${MAGIC}${bytesToHex(sha256(body))}\n`), body]);
}

/** @throws DpError CHECKPOINT for bytes that are not those of a checkpoint, or were changed or cut. */
export function fromBytes(bytes: Uint8Array): CheckpointParts {
  const start = MAGIC.length + 65;
  const head = new TextDecoder().decode(bytes.subarray(0, start));
  const body = bytes.subarray(start);
  if (!head.startsWith(MAGIC)) {
    throw new DpError(
      'CHECKPOINT',
      `this is no checkpoint of this library, or of a later version: it must begin with '${MAGIC.trim()}'`,
    );
  }
  if (head !== `${MAGIC}${bytesToHex(sha256(body))}\n`) {
    throw new DpError(
      'CHECKPOINT',
      'the checkpoint was changed or cut since it was written. Go on from another one, or begin anew in the same ledger',
    );
  }
  const end = body.indexOf('\n'.charCodeAt(0));
  return {header: parsed(body.subarray(0, end)), weights: body.subarray(end + 1)};
}

function parsed(json: Uint8Array): unknown {
  try {
    const text = new TextDecoder().decode(json);
    const header: unknown = JSON.parse(text);
    // Neither a name twice, of which JSON.parse takes the last, nor deeper than can be walked through.
    if (JSON.stringify(header) === text) return header;
  } catch (cause) {
    throw noHeader(cause);
  }
  throw noHeader();
}

function noHeader(cause?: unknown): DpError {
  return new DpError(
    'CHECKPOINT',
    "the checkpoint's header is no JSON, or not as this library writes it. Go on from another one",
    {cause},
  );
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, {length}) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
