import {afterEach, describe, expect, test} from '@jest/globals';
import {secureSource} from './secure.js';
import {isPlausibleCount} from './testing/plausible.js';

describe('secure source', () => {
  const platform = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!;
  afterEach(() => {
    Object.defineProperty(globalThis, 'crypto', platform);
  });

  test('says that it is secure', () => {
    expect(secureSource()).toMatchObject({name: 'webcrypto', secure: true});
  });

  test('fills every word, also beyond the 65,536 bytes of one call, and parts of a buffer', () => {
    const words = new Uint32Array(100_003);
    secureSource().fill(words.subarray(1));
    expect(words[0]).toBe(0);
    // 100,002 words: each is 0 with probability 2^-32, three of them with probability 2e-15.
    expect(words.subarray(1).filter((word) => word === 0).length).toBeLessThan(3);
    secureSource().fill(new Uint32Array(0));
  });

  test('every bit is 1 half of the time', () => {
    const words = new Uint32Array(1_000_000);
    secureSource().fill(words);
    for (let bit = 0; bit < 32; bit++) {
      let ones = 0;
      for (const word of words) ones += (word >>> bit) & 1;
      expect(isPlausibleCount(ones, words.length, 0.5)).toBe(true);
    }
  });

  test.each([undefined, {}])('refuses a platform whose crypto is %p, saying what to do', (crypto) => {
    Object.defineProperty(globalThis, 'crypto', {value: crypto, configurable: true});
    expect(() => secureSource()).toThrow(/getRandomValues must exist.*Node\.js/);
  });
});
