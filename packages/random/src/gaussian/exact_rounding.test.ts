import {describe, expect, test} from '@jest/globals';
import {seededSource} from '../seeded.js';
import type {RandomSource} from '../source.js';
import {scriptedSource} from '../testing/scripted_source.js';
import {isPlausibleCount, normalTail} from '../testing/plausible.js';
import {WordReader} from '../word_reader.js';
import {ExactRounding} from './exact_rounding.js';
import {quickMagnitude} from './grid_gaussian.js';
import {quantileTable} from './half_normal_quantile.js';
import {LazyUniform} from './lazy_uniform.js';

const table = quantileTable();

function round(sigma: number, high: number, low: number, source: RandomSource, guess = 0): number {
  return new ExactRounding(sigma).round(new LazyUniform(high, low, source), guess);
}

/** n of |n| at v = (k + 1/2) 2^-63 for sigma 1, 2^20, 2^34, 2^48; computed with mpmath at 150 digits. */
const KNOWN: readonly (readonly [k: bigint, n: readonly number[]])[] = [
  [0n, [9, 9600021, 157286749356, 2576986101446026]],
  [1n, [9, 9474848, 155235903776, 2543385047461164]],
  [2n, [9, 9416092, 154273245200, 2527612849359325]],
  [3n, [9, 9377194, 153635940528, 2517171249617168]],
  [1060921n, [7, 7782940, 127515692655, 2089217108451940]],
  [2n ** 32n, [6, 6532901, 107035054153, 1753662327236661]],
  [2n ** 38n - 1n, [6, 5811831, 95221040853, 1560101533336792]],
  [2n ** 39n, [5, 5683264, 93114601925, 1525589637931827]],
  [2n ** 62n - 1n, [1, 707254, 11587645674, 189851986728018]],
  [2n ** 62n, [1, 707254, 11587645674, 189851986728018]],
  [2n ** 63n - 1n, [0, 0, 0, 0]],
];

describe('exact rounding', () => {
  test('known quantiles, from both ends and both sides of the middle', () => {
    for (const [k, expected] of KNOWN) {
      const high = Number(k >> 32n);
      const low = Number(k & 0xffffffffn);
      [1, 2 ** 20, 2 ** 34, 2 ** 48].forEach((sigma, i) => {
        expect(round(sigma, high, low, scriptedSource(0x80000000, 0))).toBe(expected[i]);
      });
    }
  });

  test('bits that are all 0 end at 18.67 sigma, bits that are all 1 at 0', () => {
    // v = 2^-256: mpmath's quantile, times sigma.
    expect(round(1, 0, 0, scriptedSource(0))).toBe(19);
    expect(round(2 ** 34, 0, 0, scriptedSource(0))).toBe(320753360539);
    for (const sigma of [1, 2 ** 34, 2 ** 48]) {
      expect(round(sigma, 0x7fffffff, 0xffffffff, scriptedSource(0xffffffff))).toBe(0);
    }
  });

  test('bits that follow a threshold exactly are settled after the last extension', () => {
    // T(0) at sigma = 2 is P(|X| > 1/4), given here to 255 bits below and above.
    const bits = 255;
    const draw = (k: bigint): number => {
      const words: number[] = [];
      for (let i = BigInt(bits - 63 - 32); i >= 0n; i -= 32n) words.push(Number((k >> i) & 0xffffffffn));
      const v = new LazyUniform(
        Number(k >> 224n),
        Number((k >> 192n) & 0xffffffffn),
        scriptedSource(...words),
      );
      const n = new ExactRounding(2).round(v, 0);
      expect(v.bits).toBe(bits);
      expect(v.leading).toBe(k);
      return n;
    };
    // floor(P(|X| > 1/4) 2^255), by mpmath.
    const threshold = 46466632946893398378965722525432408087716477562563997804475375011122994242809n;
    expect(draw(threshold - 1n)).toBe(1);
    expect(draw(threshold + 1n)).toBe(0);
  });

  test('the result does not depend on the guess', () => {
    const words = new WordReader(seededSource(21));
    for (const sigma of [1e-300, 5e-324, 0.3, 1, 77.7, 2 ** 20, 2 ** 34, 2 ** 48]) {
      const rounding = new ExactRounding(sigma);
      for (let i = 0; i < 10; i++) {
        const high = words.next() >>> 1;
        const low = words.next();
        const round = (guess: number): number =>
          rounding.round(new LazyUniform(high, low, scriptedSource(12345)), guess);
        const n = round(0);
        for (const guess of [n, n + 1, Math.max(0, n - 1), n + 1000, Math.ceil(20 * sigma)]) {
          expect(round(guess)).toBe(n);
        }
      }
    }
  });

  test('agrees with doubles wherever those are sure', () => {
    const draws = process.env['DP_LONG_TESTS'] === undefined ? 12_000 : 3_000_000;
    const words = new WordReader(seededSource(22));
    const rest = seededSource(23);
    for (const [sigma, leastSure] of [
      [0.7, 0.999],
      [2 ** 20, 0.999],
      [2 ** 34, 0.999],
      [1.1 * 2 ** 44, 0.9],
      [2 ** 48, 0.3],
    ] as const) {
      const rounding = new ExactRounding(sigma);
      let sure = 0;
      for (let i = 0; i < draws / 5; i++) {
        const high = words.next() >>> 1;
        const low = words.next();
        const n = quickMagnitude(high, low, sigma, table);
        if (n < 0) continue;
        sure++;
        if (rounding.round(new LazyUniform(high, low, rest), n) !== n) {
          throw new Error(`sigma ${sigma}, high ${high}, low ${low}: doubles gave ${n}`);
        }
      }
      expect(sure).toBeGreaterThan((leastSure * draws) / 5);
    }
  }, 600_000);

  test('where doubles are not sure, more bits of the same uniform may give either neighbour', () => {
    // Bits that straddle T(n) at sigma = 2^48 in the tail: the two extremes of the bits to come differ.
    const sigma = 2 ** 48;
    const least = round(sigma, 1000, 0, scriptedSource(0xffffffff));
    const most = round(sigma, 1000, 0, scriptedSource(0));
    expect(quickMagnitude(1000, 0, sigma, table)).toBe(-1);
    expect(most).toBeGreaterThan(least);
  });

  test('has the law of the rounded half normal by itself', () => {
    const words = new WordReader(seededSource(24));
    const rest = seededSource(25);
    const draws = 5_000;
    const lawHolds = (sigma: number, assumed: number): boolean => {
      const rounding = new ExactRounding(sigma);
      const counts = new Float64Array(100);
      for (let i = 0; i < draws; i++) {
        counts[rounding.round(new LazyUniform(words.next() >>> 1, words.next(), rest), 0)]!++;
      }
      let beyond = draws;
      return [...Array(8).keys()].every((n) => {
        beyond -= counts[n]!;
        return isPlausibleCount(beyond, draws, 2 * normalTail((n + 0.5) / assumed));
      });
    };
    expect(lawHolds(3, 3)).toBe(true);
    expect(lawHolds(0.8, 0.8)).toBe(true);
    expect(lawHolds(3, 3 * 1.2)).toBe(false);
    expect(lawHolds(0.8, 0.8 * 1.2)).toBe(false);
  });
});
