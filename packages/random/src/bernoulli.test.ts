import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {effectiveSamplingProbability, poissonCoin} from './bernoulli.js';
import {scriptedSource} from './testing/scripted_source.js';
import {WordReader} from './word_reader.js';

/** The coin for the uniform integer u in [0, 2^53). */
function coin(q: number, u: bigint): boolean {
  const words = [Number(u >> 21n), Number((u << 11n) & 0xffffffffn)];
  return poissonCoin(q, new WordReader(scriptedSource(...words), 2));
}

/** ceil(q 2^53) in rational arithmetic. */
function threshold(q: number): bigint {
  let exponent = 0n;
  let integer = q;
  for (; !Number.isInteger(integer); integer *= 2) exponent++;
  const scaled = BigInt(integer) << 53n;
  return (scaled + (1n << exponent) - 1n) >> exponent;
}

const SPECIAL = [
  256 / 60_000,
  2 ** -53,
  1,
  1 - 2 ** -53,
  0.5,
  2 ** -32,
  3 * 2 ** -54,
  1e-300,
  Number.MIN_VALUE,
];

describe('the coin of Poisson sampling', () => {
  test.each(SPECIAL)('is the integer test u53 < ceil(q 2^53) to the last bit, q = %p', (q) => {
    const edge = threshold(q);
    expect(coin(q, edge - 1n)).toBe(true);
    expect(coin(q, 0n)).toBe(true);
    if (edge < 1n << 53n) {
      expect(coin(q, edge)).toBe(false);
      expect(coin(q, (1n << 53n) - 1n)).toBe(false);
    }
  });

  test('any q and any words', () => {
    fc.assert(
      fc.property(
        fc.double({min: 0, minExcluded: true, max: 1, noNaN: true}),
        fc.bigInt(0n, 2n ** 53n - 1n),
        (q, u) => {
          expect(coin(q, u)).toBe(u < threshold(q));
        },
      ),
    );
  });

  test('the effective probability is what the coin has, and never less than asked for', () => {
    for (const q of SPECIAL) {
      const effective = effectiveSamplingProbability(q);
      expect(BigInt(effective * 2 ** 53)).toBe(threshold(q));
      expect(effective).toBeGreaterThanOrEqual(q);
      expect(effectiveSamplingProbability(effective)).toBe(effective);
    }
    expect(effectiveSamplingProbability(1)).toBe(1);
    expect(effectiveSamplingProbability(2 ** -60)).toBe(2 ** -53);
    // 256/60000 needs 60 binary places; it is raised to 53.
    expect(effectiveSamplingProbability(256 / 60_000) - 256 / 60_000).toBeLessThan(2 ** -53);
  });

  test('refuses probabilities outside (0, 1]', () => {
    for (const q of [0, -0.1, 1 + 2 ** -52, NaN, Infinity]) {
      const message = `samplingProbability must be in (0, 1], got ${q}`;
      expect(() => effectiveSamplingProbability(q)).toThrow(message);
      expect(() => coin(q, 0n)).toThrow(message);
    }
  });
});
