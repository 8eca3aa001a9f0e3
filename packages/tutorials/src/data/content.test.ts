import {gzipSync} from 'node:zlib';
import {expect, test} from '@jest/globals';
import fc from 'fast-check';

import {alteredBytes} from '../../../../tools/testing/altered_bytes.js';
import {checkedContent, ContentError} from './content.js';
import {sha256} from './testing/mirror.js';

const content = Uint8Array.from({length: 5000}, (_, i) => (i * i) % 251);
const expected = {sha256: sha256(content), bytes: content.length};
const zipped = gzipSync(content);

test('the content of a gzip file and of a plain file is the same', () => {
  expect(checkedContent(zipped, expected)).toEqual(content);
  expect(checkedContent(content, expected)).toEqual(content);
  expect(checkedContent(gzipSync(content, {level: 1}), expected)).toEqual(content);
});

test.each([
  ['truncated gzip', zipped.subarray(0, -20), /truncated/],
  ['truncated plain', content.subarray(0, -1), /truncated .*4999 bytes.* expected 5000/],
  ['empty', new Uint8Array(), /holds 0 bytes/],
  ['longer', gzipSync(new Uint8Array(5001)), /more than 5000 bytes/],
  ['altered', Uint8Array.from(content, (v, i) => (i === 77 ? v ^ 1 : v)), /was altered .*SHA-256/],
  [
    'damaged gzip',
    zipped.map((v, i) => (i === zipped.length - 6 ? v ^ 1 : v)),
    /damaged \(gzip: incorrect data check/,
  ],
  ['a web page', new TextEncoder().encode('<html>'), /not the expected file/],
])('refuses a file that is %s', (_, file, message) => {
  const check = () => checkedContent(file, expected);
  expect(check).toThrow(ContentError);
  expect(check).toThrow(message);
});

test.each([
  ['gzip', zipped],
  ['plain', Buffer.from(content)],
])('a %s file to which anything happened is refused, or holds what it should', (_, file) => {
  fc.assert(
    fc.property(alteredBytes(file, gzipSync('another file')), (altered) => {
      try {
        expect(checkedContent(altered, expected)).toEqual(content);
      } catch (error) {
        expect(error).toBeInstanceOf(ContentError);
      }
    }),
    {numRuns: 300},
  );
});
