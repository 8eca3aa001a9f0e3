import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';

import {Balance} from './balance.js';

const batchOf = (size: number) => Int32Array.from({length: size}, (_, i) => i);

describe('the balance between threads', () => {
  test('cuts into equal parts where nothing is known', () => {
    const lengths = (size: number, count: number, microbatchSize: number) =>
      new Balance(count).cut(batchOf(size), microbatchSize).map((part) => part.length);
    expect(lengths(11, 3, 2)).toEqual([4, 4, 3]);
    expect(lengths(256, 2, 1)).toEqual([128, 128]);
    expect(lengths(1, 4, 1)).toEqual([1, 0, 0, 0]);
    expect(lengths(0, 4, 1)).toEqual([0, 0, 0, 0]);
  });

  test('keeps the batch and its microbatches whole, whatever the clocks say', () => {
    const time = fc.oneof(fc.double({min: 0, max: 1e6, noNaN: true}), fc.constantFrom(0, 1e-300, 1e300));
    fc.assert(
      fc.property(
        fc.array(fc.array(time, {minLength: 3, maxLength: 3}), {maxLength: 8}),
        fc.integer({min: 0, max: 300}),
        fc.integer({min: 1, max: 9}),
        (steps, size, microbatchSize) => {
          const balance = new Balance(3);
          for (const times of steps) balance.learn(times.map((milliseconds) => ({size: 100, milliseconds})));
          const parts = balance.cut(batchOf(size), microbatchSize);
          expect(parts.flatMap((part) => [...part])).toEqual([...batchOf(size)]);
          let end = 0;
          for (const part of parts) {
            end += part.length;
            expect(end === size || end % microbatchSize === 0).toBe(true);
          }
        },
      ),
    );
  });

  test('comes to parts that take equally long, for threads of other speed and with a cost that no part changes', () => {
    const balance = new Balance(3);
    const time = (size: number, t: number): number => 4 + size * ([0.1, 0.2, 0.4][t] as number);
    for (let step = 0; step < 100; step++) {
      const parts = balance
        .cut(batchOf(512), 1)
        .map(({length: size}, t) => ({size, milliseconds: time(size, t)}));
      balance.learn(parts);
    }
    const times = balance.cut(batchOf(512), 1).map(({length}, t) => time(length, t));
    expect(Math.max(...times) / Math.min(...times)).toBeLessThan(1.02);
  });

  test('leaves a thread that stood still enough to be measured again', () => {
    const balance = new Balance(2);
    for (let step = 0; step < 6; step++) {
      balance.learn([
        {size: 128, milliseconds: 10},
        {size: 128, milliseconds: 1e9},
      ]);
    }
    const [, slow] = balance.cut(batchOf(256), 1);
    expect(slow?.length).toBeGreaterThan(20);
  });
});
