import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {effectiveSamplingProbability, poissonCoin} from './bernoulli.js';
import {poissonSample, PoissonSampler} from './poisson_sample.js';
import {secureSource} from './secure.js';
import {isPlausibleCount, isPlausibleSum, isPlausibleVariance} from './testing/plausible.js';
import {scriptedSource} from './testing/scripted_source.js';
import {WordReader} from './word_reader.js';

describe('Poisson sample', () => {
  test('every subset of six records has its exact probability', () => {
    // The joint law: sizes, inclusion and independence of any number of records at once.
    const rounds = 200_000;
    const subsets = (sampler: PoissonSampler): Float64Array => {
      const counts = new Float64Array(64);
      for (let i = 0; i < rounds; i++)
        counts[sampler.sample().reduce((set, record) => set | (1 << record), 0)]!++;
      return counts;
    };
    const isLaw = (counts: Float64Array, q: number): boolean =>
      counts.every((count, set) => {
        const size = set.toString(2).replaceAll('0', '').length;
        return isPlausibleCount(count, rounds, q ** size * (1 - q) ** (6 - size));
      });
    const counts = subsets(new PoissonSampler({numExamples: 6, samplingProbability: 0.3}));
    expect(isLaw(counts, 0.3)).toBe(true);
    expect(isLaw(counts, 0.3 * 1.05)).toBe(false);
    expect(isLaw(counts, 0.3 * 0.95)).toBe(false);
  });

  test('the batches of the tutorial: size, its variance, and every record alike', () => {
    const numExamples = 60_000;
    const q = 256 / numExamples;
    const steps = 2000;
    const sampler = new PoissonSampler({numExamples, samplingProbability: q, source: secureSource()});
    expect(sampler.samplingProbability).toBe(effectiveSamplingProbability(q));
    const sd = Math.sqrt(numExamples * q * (1 - q));
    // Blocks of records that straddle the sampler's blocks of words.
    const blocks = new Float64Array(12);
    let sum = 0;
    let sumOfSquares = 0;
    let all = 0;
    for (let step = 0; step < steps; step++) {
      const drawn = sampler.sample();
      const deviation = (drawn.length - numExamples * q) / sd;
      sum += deviation;
      sumOfSquares += deviation * deviation;
      all += drawn.length;
      for (const record of drawn) blocks[Math.floor(record / 5000)]!++;
    }
    expect(isPlausibleCount(all, steps * numExamples, q)).toBe(true);
    expect(isPlausibleCount(all, steps * numExamples, q * 1.03)).toBe(false);
    // Sizes of mean 256 are nearly normal.
    expect(isPlausibleSum(sum, steps)).toBe(true);
    expect(isPlausibleVariance(sumOfSquares / steps, steps)).toBe(true);
    // Batches of fixed size have none of this variance.
    expect(isPlausibleVariance(0, steps)).toBe(false);
    for (const count of blocks) expect(isPlausibleCount(count, steps * 5000, q)).toBe(true);
  });

  test('indices ascend and stay below the number of records', () => {
    const drawn = poissonSample({numExamples: 50_000, samplingProbability: 0.5});
    expect(drawn.every((record, i) => i === 0 || record > drawn[i - 1]!)).toBe(true);
    expect(drawn.at(-1)).toBeLessThan(50_000);
  });

  test('probability 1 draws all, a tiny one draws none', () => {
    const all = poissonSample({numExamples: 20_000, samplingProbability: 1});
    expect(all).toEqual(Int32Array.from({length: 20_000}, (_, i) => i));
    // One record or more has probability 20,000 * 2^-53 = 2e-12.
    expect(poissonSample({numExamples: 20_000, samplingProbability: 2 ** -53})).toHaveLength(0);
  });

  test('one record is drawn exactly when its coin says so, whatever the words', () => {
    const words = fc.nat(2 ** 32 - 1);
    fc.assert(
      fc.property(
        fc.double({min: 0, minExcluded: true, max: 1, noNaN: true}),
        fc.constantFrom(-1, 0, 1),
        fc.option(words),
        words,
        (q, offset, first, second) => {
          // Also words that tie with the threshold's leading bits, and their neighbours.
          const leading = Math.floor(effectiveSamplingProbability(q) * 2 ** 32) + offset;
          const script = [first ?? Math.max(0, Math.min(2 ** 32 - 1, leading)), second];
          const drawn = poissonSample({
            numExamples: 1,
            samplingProbability: q,
            source: scriptedSource(...script),
          });
          const coin = poissonCoin(q, new WordReader(scriptedSource(...script), 1));
          expect([...drawn]).toEqual(coin ? [0] : []);
        },
      ),
      {numRuns: 2000},
    );
  });

  test('samples are copies: a later one does not alter an earlier one', () => {
    const sampler = new PoissonSampler({numExamples: 1000, samplingProbability: 0.5});
    const first = sampler.sample();
    const kept = first.slice();
    expect(sampler.sample()).not.toEqual(kept);
    expect(first).toEqual(kept);
  });

  test('refuses sizes and probabilities out of range', () => {
    for (const numExamples of [0, -1, 1.5, NaN, 2 ** 31]) {
      expect(() => poissonSample({numExamples, samplingProbability: 0.5})).toThrow(
        `numExamples must be an integer in [1, 2^31), got ${numExamples}`,
      );
    }
    for (const samplingProbability of [0, 1.1, NaN]) {
      expect(() => poissonSample({numExamples: 10, samplingProbability})).toThrow(
        `samplingProbability must be in (0, 1], got ${samplingProbability}`,
      );
    }
  });
});
