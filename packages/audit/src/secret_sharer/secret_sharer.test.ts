import {describe, expect, test} from '@jest/globals';

import {seededNormals} from '../testing/normals.js';
import {auditExposure} from './audit.js';
import {exposureByExtrapolation, exposureByRank} from './exposure.js';
import {fitSkewNormal, logSkewNormalBelow} from './skew_normal.js';
import type {SecretSharerSubject} from './subject.js';

describe('exposure', () => {
  test('by rank is all bits for the first, none for the last, and what ranks the same counts as before', () => {
    const others = Float64Array.from({length: 1023}, (_, i) => i + 1);
    expect(exposureByRank(0.5, others)).toBe(10);
    expect(exposureByRank(2000, others)).toBe(0);
    expect(exposureByRank(1, others)).toBe(9);
  });

  test('by extrapolation is that by rank inside of the sample, and goes on beyond it', () => {
    const sample = Float64Array.from(seededNormals(20_000, 1), (value) => 30 + 4 * value);
    for (const z of [0, -1, -2]) {
      const own = 30 + 4 * z;
      expect(exposureByExtrapolation(own, sample).exposure).toBeCloseTo(exposureByRank(own, sample), 0);
    }
    const {exposure, distance} = exposureByExtrapolation(30 - 4 * 8, sample);
    // P(N <= -8) = 2^-50.5
    expect(Math.abs(exposure - 50.5)).toBeLessThan(5);
    expect(distance).toBeLessThan(0.02);
  });
});

describe('the skew-normal', () => {
  test('is the normal without skew, and twice its tail squared at shape 1', () => {
    const normal = {location: 0, scale: 1, shape: 0};
    // mpmath: log of the normal's distribution function; at shape 1 that of its square.
    const known: [number, number][] = [
      [0, -0.6931471805599453],
      [-3, -6.607726221510349],
      [2, -0.02301290932896349],
      [-20, -203.91715537109727],
    ];
    for (const [x, logBelow] of known) {
      expect(logSkewNormalBelow(x, normal)).toBeCloseTo(logBelow, 6);
      expect(logSkewNormalBelow(x, {...normal, shape: 1})).toBeCloseTo(2 * logBelow, 6);
    }
  });

  test('is found again from its moments', () => {
    const [a, b] = [seededNormals(40_000, 2), seededNormals(40_000, 3)];
    const shape = 3;
    const delta = shape / Math.sqrt(1 + shape ** 2);
    const sample = Float64Array.from(
      a,
      (own, i) => 5 + 2 * (delta * Math.abs(own) + Math.sqrt(1 - delta ** 2) * (b[i] as number)),
    );
    const fitted = fitSkewNormal(sample);
    expect(fitted.location).toBeCloseTo(5, 0);
    expect(fitted.scale).toBeCloseTo(2, 0);
    expect(Math.abs(fitted.shape - shape)).toBeLessThan(0.5);
  });
});

/** A model that finds planted secrets likelier by so much, among others that are random. */
function modelOf(gain: number, claim?: {epsilon: number; delta: number}): SecretSharerSubject {
  return {
    name: 'a model',
    numSecrets: 5000,
    sequence: (canary, secret) => [canary, secret],
    train: (planted) => {
      const timesOf = new Map<string, number>();
      for (const own of planted) timesOf.set(own.join(), (timesOf.get(own.join()) ?? 0) + 1);
      return {
        logPerplexities: (sequences) => {
          const noise = seededNormals(sequences.length, 7);
          return sequences.map((sequence, i) => {
            const times = timesOf.get(sequence.join()) ?? 0;
            const own = noise[(i * 7919 + (sequence[1] as number)) % noise.length] as number;
            return 40 + 3 * own - gain * times;
          });
        },
        ...(claim !== undefined && {claim}),
      };
    },
  };
}

describe('planted secrets', () => {
  test('are exposed by a model that knows them, the more the oftener they came', async () => {
    const {canaries, mostBits, results} = await auditExposure(modelOf(3), {repeats: [1, 16]});
    expect(mostBits).toBeCloseTo(Math.log2(5000), 12);
    expect(canaries[1]?.exposure).toBeCloseTo(mostBits, 12);
    expect(canaries[1]?.extrapolated).toBeGreaterThan(mostBits);
    expect(canaries[1]?.extrapolated).toBeGreaterThan(canaries[0]?.extrapolated ?? NaN);
    expect(results).toEqual([]);
  });

  test('refute a claim of privacy, and a right one with the stated probability', async () => {
    const refuted = await auditExposure(modelOf(100, {epsilon: 0.1, delta: 1e-6}), {
      repeats: [1, 1],
      falseAlarmRate: 0.1,
    });
    expect(refuted.results[0]).toMatchObject({passed: false, measured: Math.log2(5000)});
    // Unknown secrets have a uniform rank: the bound is passed with probability 1e-9 at most.
    const {results, canaries} = await auditExposure(modelOf(0, {epsilon: 0.1, delta: 1e-10}), {
      repeats: [1, 1],
      ranked: 500,
      falseAlarmRate: 1e-9,
    });
    expect(results[0]?.passed).toBe(true);
    expect(canaries).toHaveLength(2);
  });

  test('are refused with a false-alarm rate below delta, and without perplexities', async () => {
    await expect(
      auditExposure(modelOf(0, {epsilon: 1, delta: 1e-6}), {falseAlarmRate: 1e-7}),
    ).rejects.toThrow('must be above delta');
    const silent: SecretSharerSubject = {...modelOf(0), train: () => ({logPerplexities: () => []})};
    await expect(auditExposure(silent)).rejects.toThrow('finite numbers');
  });
});
