import {describe, expect, test} from '@jest/globals';
import {seededSource} from '../seeded.js';
import {WordReader} from '../word_reader.js';
import {evaluateQuantile} from './grid_gaussian.js';
import {halfNormal, TAIL_ERROR} from './half_normal.js';
import {OCTAVES, quantileTable, segmentOffset} from './half_normal_quantile.js';

const table = quantileTable();

/** Whether the real quantiles of all v in [k, k + 1) 2^-63, k = (high, low), lie within bound of x. */
function isWithin(high: number, low: number, x: number, bound: number): boolean {
  const bits = 159;
  const k = (BigInt(high) << 32n) | BigInt(low);
  const start = k << 96n;
  const end = (k + 1n) << 96n;
  const one = 1n << 130n;
  const centre = BigInt(x * 2 ** 130);
  const reach = BigInt(Math.floor(bound * 2 ** 130));
  const isAbove = start >= halfNormal(centre + reach, one, bits).tail + TAIL_ERROR;
  const isBelow = centre <= reach || end <= halfNormal(centre - reach, one, bits).tail - TAIL_ERROR;
  return isAbove && isBelow;
}

/** (high, low) at both ends of every segment and at `inner` random places inside. */
function* places(inner: number): Generator<readonly [octave: number, high: number, low: number]> {
  const words = new WordReader(seededSource(20));
  for (let octave = 1; octave <= OCTAVES; octave++) {
    const width = 2 ** (26 - octave);
    for (let segment = 32; segment < 64; segment++) {
      const high = segment * width;
      yield [octave, high, 0];
      yield [octave, high, 1];
      yield [octave, high + width - 1, 0xffffffff];
      for (let i = 0; i < inner; i++) yield [octave, high + (words.next() % width), words.next()];
    }
  }
}

describe('quantile table', () => {
  test('every segment keeps its error bound, at both ends and at random places', () => {
    let count = 0;
    for (const [octave, high, low] of places(3)) {
      expect(Math.clz32(high)).toBe(octave);
      const offset = segmentOffset(high, octave);
      const x = evaluateQuantile(high, low, table, offset);
      if (!isWithin(high, low, x, table[offset + 1]!)) throw new Error(`octave ${octave}, ${high}, ${low}`);
      count++;
    }
    expect(count).toBe(OCTAVES * 32 * 6);
  });

  test('the bounds are no idle ones: an eighth of them fails, as does a coefficient off by 2^-50', () => {
    let kept = 0;
    let keptWhenAltered = 0;
    let all = 0;
    for (const [octave, high, low] of places(0)) {
      const offset = segmentOffset(high, octave);
      const x = evaluateQuantile(high, low, table, offset);
      all++;
      if (isWithin(high, low, x, table[offset + 1]! / 8)) kept++;
      if (octave < 8 && isWithin(high, low, x * (1 + 2 ** -50), table[offset + 1]!)) keptWhenAltered++;
    }
    expect(kept).toBeLessThan(all / 2);
    expect(keptWhenAltered).toBeLessThan(all / 10);
  });

  test('bounds are near four roundings of x where most draws fall', () => {
    for (let octave = 2; octave <= 10; octave++) {
      const high = 2 ** (31 - octave);
      const offset = segmentOffset(high, octave);
      expect(table[offset + 1]! / evaluateQuantile(high, 0, table, offset)).toBeLessThan(5 * 2 ** -53);
    }
  });
});
