import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';

import {coarser, MAX_DIFFERENT_EVENTS} from './coarse_events.js';

describe('coarser', () => {
  test('gives fewer events, all at least as costly, for as many steps', () => {
    const event = fc.record({
      samplingProbability: fc.double({min: 1e-6, max: 1, noNaN: true}),
      noiseMultiplier: fc.oneof(fc.constant(0), fc.double({min: 0.01, max: 100, noNaN: true})),
      count: fc.integer({min: 1, max: 9}),
    });
    fc.assert(
      fc.property(fc.array(event, {minLength: 65, maxLength: 300}), (events) => {
        const coarse = coarser(events);
        const total = (list: readonly {readonly count: number}[]): number =>
          list.reduce((sum, {count}) => sum + count, 0);
        expect(total(coarse)).toBe(total(events));
        for (const {samplingProbability, noiseMultiplier} of coarse) {
          expect(samplingProbability).toBeLessThanOrEqual(1);
          expect(
            events.some(
              (e) => e.samplingProbability <= samplingProbability && e.noiseMultiplier >= noiseMultiplier,
            ),
          ).toBe(true);
        }
        // Each alone, among the others: rounded in the costly direction.
        for (const [i, alone] of events.slice(0, 5).entries()) {
          const only = coarser(events.map((e, j) => ({...e, count: i === j ? 1 : 0}))).find(
            ({count}) => count === 1,
          );
          expect(only?.samplingProbability).toBeGreaterThanOrEqual(alone.samplingProbability);
          expect(only?.noiseMultiplier).toBeLessThanOrEqual(alone.noiseMultiplier);
        }
      }),
      {numRuns: 30},
    );
  });

  test('of a schedule along a line leaves few, near the originals', () => {
    const events = Array.from({length: 1000}, (_, i) => ({
      samplingProbability: 0.01 + i * 1e-5,
      noiseMultiplier: 2 - i / 1000,
      count: 1,
    }));
    const coarse = coarser(events);
    expect(coarse.length).toBeLessThanOrEqual(MAX_DIFFERENT_EVENTS);
    const mean = (of: (e: (typeof events)[number]) => number, list: typeof events): number =>
      list.reduce((sum, e) => sum + e.count * of(e), 0) / 1000;
    for (const of of [
      (e: (typeof events)[number]) => e.noiseMultiplier,
      (e: (typeof events)[number]) => e.samplingProbability,
    ]) {
      expect(Math.abs(mean(of, coarse) / mean(of, events) - 1)).toBeLessThan(0.02);
    }
  });

  test('takes as many different values as a long schedule has', () => {
    const events = Array.from({length: 200_000}, (_, i) => ({
      samplingProbability: 0.01,
      noiseMultiplier: 1 + i * 1e-6,
      count: 1,
    }));
    const coarse = coarser(events);
    expect(coarse.length).toBeLessThanOrEqual(MAX_DIFFERENT_EVENTS);
    expect(coarse.reduce((sum, {count}) => sum + count, 0)).toBe(200_000);
  });
});
