import {PassThrough} from 'node:stream';

import type {Streams} from '../terminal/streams.js';

/** Streams that keep what is written to them; no terminal. */
export function capturedStreams(): Streams & {readonly out: () => string; readonly err: () => string} {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const text = {out: '', err: ''};
  stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
  return {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    out: () => text.out,
    err: () => text.err,
  };
}
