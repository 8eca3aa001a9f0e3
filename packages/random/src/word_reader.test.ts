import {describe, expect, test} from '@jest/globals';
import type {RandomSource} from './source.js';
import {WordReader} from './word_reader.js';

/** Hands out 1, 2, 3, ... and keeps the buffers it was given. */
function countingSource(): RandomSource & {readonly buffers: Uint32Array[]} {
  let next = 1;
  const buffers: Uint32Array[] = [];
  return {
    name: 'counting',
    secure: false,
    buffers,
    fill(words) {
      buffers.push(words);
      for (let i = 0; i < words.length; i++) words[i] = next++;
    },
  };
}

describe('word reader', () => {
  test.each([1, 3, 4, 100])('hands out every word once and in order, in blocks of %i', (blockSize) => {
    const reader = new WordReader(countingSource(), blockSize);
    const words = Array.from({length: 50}, () => reader.next());
    expect(words).toEqual(Array.from({length: 50}, (_, i) => i + 1));
  });

  test('erases the words that it handed out, and draws none before they are asked for', () => {
    const source = countingSource();
    const reader = new WordReader(source, 4);
    expect(source.buffers).toHaveLength(0);
    reader.next();
    reader.next();
    expect(source.buffers).toHaveLength(1);
    expect([...source.buffers[0]!]).toEqual([0, 0, 3, 4]);
  });

  test('refuses a block size that is no positive integer', () => {
    for (const blockSize of [0, 1.5, NaN]) {
      expect(() => new WordReader(countingSource(), blockSize)).toThrow(
        `blockSize must be an integer in [1, 2^31), got ${blockSize}`,
      );
    }
  });
});
