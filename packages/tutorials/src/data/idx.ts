import {DataFileError} from './data_file_error.js';

/** An array of unsigned bytes in row-major order, as an IDX file stores it. */
export interface IdxArray {
  readonly dimensions: readonly number[];
  /** All entries, a view of the bytes that were parsed. */
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;

/**
 * Reads the IDX format of MNIST (http://yann.lecun.com/exdb/mnist/): two zero bytes, the element type, the
 * number of dimensions, each dimension as a big-endian 32-bit integer, then the entries.
 *
 * @param bytes the uncompressed file.
 * @param name the file's name, for the error.
 * @param rank the number of dimensions: 3 for pictures [count, rows, columns], 1 for labels [count].
 * @throws DataFileError if the file is not unsigned bytes of that rank, or its length is not exactly the one its dimensions give.
 */
export function parseIdx(bytes: Uint8Array, name: string, rank: number): IdxArray {
  const headerBytes = 4 + 4 * rank;
  const fail = (problem: string): never => {
    throw new DataFileError(name, problem, 'replace it by the original file');
  };
  if (bytes.length < headerBytes) {
    fail(`has ${bytes.length} bytes, and an IDX header of rank ${rank} has ${headerBytes}`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const magic = header.getUint32(0);
  const expected = (UNSIGNED_BYTE << 8) | rank;
  if (magic !== expected) {
    fail(
      `starts with 0x${hex(magic)}, and an IDX file of unsigned bytes of rank ${rank} with 0x${hex(expected)}`,
    );
  }
  const dimensions = Array.from({length: rank}, (_, i) => header.getUint32(4 + 4 * i));
  const entries = dimensions.reduce((product, size) => product * size, 1);
  if (bytes.length !== headerBytes + entries) {
    fail(
      `has ${bytes.length} bytes, and its dimensions [${dimensions.join(', ')}] need ${headerBytes + entries}`,
    );
  }
  return {dimensions, data: bytes.subarray(headerBytes)};
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
