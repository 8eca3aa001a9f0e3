import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {secureSource} from './secure.js';
import {isPlausibleCount} from './testing/plausible.js';
import {scriptedSource} from './testing/scripted_source.js';
import {boundedInteger, uniform53} from './uniform.js';
import {WordReader} from './word_reader.js';

const scripted = (...words: number[]): WordReader => new WordReader(scriptedSource(...words), 1);

describe('uniform 53-bit integers', () => {
  test('are the leading 53 bits of two words', () => {
    expect(uniform53(scripted(0, 0))).toBe(0);
    expect(uniform53(scripted(0, 0x800))).toBe(1);
    expect(uniform53(scripted(1, 0))).toBe(2 ** 21);
    expect(uniform53(scripted(0xffffffff))).toBe(2 ** 53 - 1);
  });
});

describe('bounded integers', () => {
  test('stay below the bound and are uniform', () => {
    const words = new WordReader(secureSource());
    const draws = 300_000;
    for (const bound of [1, 2, 3, 7, 10]) {
      const counts = new Float64Array(bound);
      for (let i = 0; i < draws; i++) counts[boundedInteger(bound, words)]!++;
      counts.forEach((count) => {
        expect(isPlausibleCount(count, draws, 1 / bound)).toBe(true);
      });
    }
  });

  test('take leading bits and reject what is not below the bound', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 2 ** 32}), fc.nat(2 ** 32 - 1), (bound, word) => {
        const range = 2 ** Math.max(1, Math.ceil(Math.log2(bound)));
        const integer = Math.floor((word / 2 ** 32) * range);
        expect(boundedInteger(bound, scripted(word, 0))).toBe(integer < bound ? integer : 0);
      }),
    );
  });

  test('reach the largest bound', () => {
    expect(boundedInteger(2 ** 32, scripted(0xffffffff))).toBe(2 ** 32 - 1);
    expect(boundedInteger(2 ** 32 - 1, scripted(0xffffffff, 0xfffffffe))).toBe(2 ** 32 - 2);
  });

  test('refuse a bound that is no integer in [1, 2^32]', () => {
    for (const bound of [0, -1, 1.5, NaN, 2 ** 32 + 1]) {
      expect(() => boundedInteger(bound, scripted(0))).toThrow(
        `bound must be an integer in [1, 2^32], got ${bound}`,
      );
    }
  });
});
