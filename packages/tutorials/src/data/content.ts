import {createHash} from 'node:crypto';
import {gunzipSync} from 'node:zlib';
import {errorDetail} from './error_detail.js';

/** What a file must hold once uncompressed. */
export interface ExpectedContent {
  /** SHA-256 of the uncompressed content, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Size of the uncompressed content, in bytes. */
  readonly bytes: number;
}

/** Says in its message, which continues a sentence that starts with the file's name, why the content is not the expected one. */
export class ContentError extends Error {
  override readonly name = 'ContentError';
}

/**
 * The uncompressed content of a file, gzip or plain, checked by size and SHA-256. The gzip wrapper differs from mirror
 * to mirror, so only what is inside it is checked.
 *
 * @throws ContentError if the file is damaged, truncated or another one.
 */
export function checkedContent(file: Uint8Array, expected: ExpectedContent): Uint8Array {
  const content = isGzip(file) ? gunzip(file, expected.bytes) : file;
  if (content.length !== expected.bytes) {
    const fault =
      content.length < expected.bytes ? 'is truncated or not the expected file' : 'is not the expected file';
    throw new ContentError(
      `${fault} (it holds ${content.length} bytes uncompressed, expected ${expected.bytes})`,
    );
  }
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (sha256 !== expected.sha256) {
    throw new ContentError(`was altered (its content has SHA-256 ${sha256}, expected ${expected.sha256})`);
  }
  return content;
}

function isGzip(file: Uint8Array): boolean {
  return file[0] === 0x1f && file[1] === 0x8b;
}

function gunzip(file: Uint8Array, maxBytes: number): Uint8Array {
  try {
    const content = gunzipSync(file, {maxOutputLength: Math.max(maxBytes, 1)});
    return new Uint8Array(content.buffer, content.byteOffset, content.length);
  } catch (error) {
    const {code, message} = errorDetail(error);
    if (code === 'Z_BUF_ERROR') throw new ContentError('is truncated (its gzip data ends too early)');
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ContentError(`is not the expected file (it holds more than ${maxBytes} bytes uncompressed)`);
    }
    throw new ContentError(`is damaged (gzip: ${message})`);
  }
}
