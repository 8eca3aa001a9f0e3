import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';

import {alteredBytes} from '../../../../tools/testing/altered_bytes.js';
import {DataFileError} from './data_file_error.js';
import {parseIdx} from './idx.js';
import {idxFile} from './testing/idx_file.js';

const pictures = idxFile(
  [2, 3, 4],
  Uint8Array.from({length: 24}, (_, i) => i),
);

describe('parseIdx', () => {
  test('reads dimensions and entries', () => {
    const {dimensions, data} = parseIdx(pictures, 'pictures', 3);
    expect(dimensions).toEqual([2, 3, 4]);
    expect(data).toEqual(Uint8Array.from({length: 24}, (_, i) => i));
  });

  test('reads a view that does not start at the beginning of its buffer', () => {
    const longer = new Uint8Array(pictures.length + 5);
    longer.set(pictures, 5);
    expect(parseIdx(longer.subarray(5), 'pictures', 3)).toEqual(parseIdx(pictures, 'pictures', 3));
  });

  test('an empty set is fine', () => {
    expect(parseIdx(idxFile([0], new Uint8Array()), 'labels', 1).data).toHaveLength(0);
  });

  test.each([
    ['an empty file', new Uint8Array(), /^pictures has 0 bytes, and an IDX header of rank 3 has 16/],
    [
      'labels instead of pictures',
      idxFile([20], new Uint8Array(20)),
      /starts with 0x00000801, .* 0x00000803/,
    ],
    ['a missing byte', pictures.subarray(0, -1), /has 39 bytes, and its dimensions \[2, 3, 4\] need 40/],
    ['a surplus byte', Uint8Array.from([...pictures, 0]), /has 41 bytes/],
    ['huge dimensions', idxFile([2 ** 32 - 1, 28, 28], new Uint8Array(9)), /need 3367254359296/],
  ])('refuses %s, and says what to do', (_, bytes, message) => {
    const parse = () => parseIdx(bytes, 'pictures', 3);
    expect(parse).toThrow(DataFileError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(/: replace it by the original file$/);
  });

  test('refuses whatever became of a file, or reads as many entries as its dimensions say', () => {
    const labels = Buffer.from(idxFile([3], Uint8Array.of(1, 2, 3)));
    fc.assert(
      fc.property(alteredBytes(Buffer.from(pictures), labels), (bytes) => {
        try {
          const {dimensions, data} = parseIdx(bytes, 'pictures', 3);
          expect(data).toHaveLength(dimensions.reduce((product, size) => product * size, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(DataFileError);
        }
      }),
      {numRuns: 1000},
    );
  });
});
