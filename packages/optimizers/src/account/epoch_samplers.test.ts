import {describe, expect, test} from '@jest/globals';
import {seededSource} from '@dp/random';

import {fixedSampler, shuffleSampler} from './epoch_samplers.js';

describe('shuffleSampler', () => {
  test('takes every record once an epoch, in a fresh order, with a short last batch', () => {
    const sampler = shuffleSampler({numExamples: 10, batchSize: 4, source: seededSource(3)});
    expect(sampler.stepsPerEpoch).toBe(3);
    const epochs = [0, 1].map(() => [sampler.next(), sampler.next(), sampler.next()]);
    const orders = epochs.map((batches) => batches.flatMap((batch) => [...batch.indices]));
    for (const order of orders) expect(order.slice().sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
    expect(orders[0]).not.toEqual(orders[1]);
    expect(epochs[1]?.map((batch) => batch.indices.length)).toEqual([4, 4, 2]);
    expect(epochs[1]?.[0]?.sampling).toEqual({
      kind: 'shuffle',
      sampler: expect.stringMatching(/^shuffle-[0-9a-f]{24}$/),
      numExamples: 10,
      batchSize: 4,
      epoch: 1,
    });
  });

  test('names its batches unlike every other sampler, also of the same seed', () => {
    const first = () => shuffleSampler({numExamples: 10, batchSize: 4, source: seededSource(3)}).next();
    expect(first().id).not.toBe(first().id);
    expect(first().indices).toEqual(first().indices);
  });
});

describe('fixedSampler', () => {
  test('takes the records as they lie, every epoch', () => {
    const sampler = fixedSampler({numExamples: 5, batchSize: 2});
    const batches = Array.from({length: 6}, () => sampler.next());
    expect(batches.map(({indices}) => [...indices])).toEqual([[0, 1], [2, 3], [4], [0, 1], [2, 3], [4]]);
    expect(batches[3]?.sampling).toMatchObject({kind: 'fixed', epoch: 1});
  });
});

describe('a sampler of a run that goes on', () => {
  test.each([1, 2, 4])('finishes the epoch in its order and under its name, from batch %i', (done) => {
    const options = {numExamples: 10, batchSize: 2, source: seededSource(3)};
    const [whole, killed] = [shuffleSampler(options), shuffleSampler({...options, source: seededSource(3)})];
    const first = Array.from({length: 5}, () => whole.next());
    for (let i = 0; i < done; i++) killed.next();
    const resumed = shuffleSampler({numExamples: 10, batchSize: 2, rest: killed.rest()});
    const name = /^(shuffle-[0-9a-f]+)/.exec(resumed.announce(0).id)?.[0];
    for (let batch = done; batch < 5; batch++) {
      const announced = resumed.announce(0);
      const drawn = resumed.next();
      expect(drawn.indices).toEqual(first[batch]?.indices);
      expect(drawn).toMatchObject(announced);
      expect(drawn.id).toBe(`${name}-0-${batch}`);
    }
    // The killed run may have begun another order of the next epoch under the old name.
    expect(resumed.announce(0).id).not.toContain(name);
    expect(
      Array.from({length: 5}, () => [...resumed.next().indices])
        .flat()
        .sort(),
    ).toEqual([...Array(10).keys()]);
  });

  test('has nothing to finish between epochs, and refuses the rest of another run', () => {
    const sampler = shuffleSampler({numExamples: 4, batchSize: 2});
    expect(sampler.rest()).toBeUndefined();
    sampler.next();
    const rest = sampler.rest();
    sampler.next();
    expect(sampler.rest()).toBeUndefined();
    expect(() => shuffleSampler({numExamples: 6, batchSize: 2, rest})).toThrow(
      'rest of an epoch must be of 6 records',
    );
  });

  test('refuses an order in which a record takes part twice, or which is none', () => {
    const rest = {sampler: 'shuffle-0', epoch: 0, batch: 1, order: [0, 1, 2, 3]};
    const orders = [
      [0, 1, 1, 3],
      [0, 1, 2, 4],
      [0, 1, 2, -1],
      [0, 1, 2, 2.5],
      [0, 1, 2, NaN],
      [0, 1, 2],
    ];
    for (const order of orders)
      expect(() => shuffleSampler({numExamples: 4, batchSize: 2, rest: {...rest, order}})).toThrow(
        'must be of 4 records, each once',
      );
    expect(shuffleSampler({numExamples: 4, batchSize: 2, rest}).next().indices).toEqual(Int32Array.of(2, 3));
  });
});
