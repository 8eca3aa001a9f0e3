import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';

import {ROW} from '../testing/ledger_row.js';
import {TreeNoise} from './tree_noise.js';

interface Leaf {
  readonly tree: number;
  readonly batch: string;
  readonly epoch: string;
}

const Z = 2;

function noiseOf(leaves: readonly Leaf[]): TreeNoise {
  const noise = new TreeNoise();
  const next = new Map<number, number>();
  for (const {tree, ...place} of leaves) {
    const leaf = next.get(tree) ?? 0;
    next.set(tree, leaf + 1);
    const mechanism = {kind: 'tree', tree, leaf, maxLeaves: 99} as const;
    const row = {
      ...ROW,
      mechanism,
      noiseMultiplier: Z,
      batchId: place.batch,
      sampling: {kind: 'unknown'},
    } as const;
    noise.add(row, place, 1);
  }
  return noise;
}

/** By enumeration: the squared length of the parts of a record that is in one batch of each epoch, at most. */
function largest(leaves: readonly Leaf[]): number {
  const epochs = new Map<string, Set<string>>();
  for (const {epoch, batch} of leaves) epochs.set(epoch, (epochs.get(epoch) ?? new Set()).add(batch));
  const choices = [...epochs].reduce<string[][]>(
    (lists, [, batches]) => lists.flatMap((list) => [...batches].map((batch) => [...list, batch])),
    [[]],
  );
  return Math.max(...choices.map((chosen) => squaredLength(leaves, new Set(chosen))));
}

function squaredLength(leaves: readonly Leaf[], chosen: ReadonlySet<string>): number {
  let squared = 0;
  for (const tree of new Set(leaves.map((leaf) => leaf.tree))) {
    const own = leaves.filter((leaf) => leaf.tree === tree).map(({batch}) => Number(chosen.has(batch)));
    for (let size = 1; size <= own.length; size *= 2) {
      for (let start = 0; start + size <= own.length; start += size)
        squared += own.slice(start, start + size).reduce((sum, one) => sum + one, 0) ** 2;
    }
  }
  return squared;
}

/** Batches of three epochs, in three trees one after the other, some of them again. */
const LEAVES = fc
  .array(fc.record({batch: fc.nat(2), epoch: fc.nat(2), step: fc.nat(2)}), {minLength: 1, maxLength: 12})
  .map((list) => {
    let tree = 0;
    return list.map(({batch, epoch, step}): Leaf => {
      if (step === 0) tree++;
      return {tree, batch: `${epoch}-${batch}`, epoch: `${epoch}`};
    });
  });

describe('TreeNoise', () => {
  test('is never less than the longest parts of any record', () => {
    fc.assert(
      fc.property(LEAVES, (leaves) => {
        expect(noiseOf(leaves).oncePerEpochPrecision() * Z ** 2).toBeGreaterThanOrEqual(
          largest(leaves) - 1e-9,
        );
      }),
    );
  });

  test('of whole epochs is exact: one tree each, several each, and one over several', () => {
    const epochs = (trees: (step: number) => number): Leaf[] =>
      Array.from({length: 16}, (_, step) => {
        const epoch = `${step >> 2}`;
        return {tree: trees(step), batch: `${step}`, epoch};
      });
    for (const [trees, expected] of [
      [(step: number) => step >> 2, 4 * 3],
      // A record is in one of the two trees of each epoch.
      [(step: number) => step >> 1, 4 * 2],
      [() => 0, 4 ** 2 * 5],
    ] as const) {
      expect(noiseOf(epochs(trees)).oncePerEpochPrecision() * Z ** 2).toBeCloseTo(expected, 9);
    }
    expect(largest(epochs((step) => step >> 2))).toBe(12);
  });

  test('a batch that a resumed run takes again is in both trees', () => {
    const leaves = ['a', 'b', 'c'].map((batch): Leaf => ({tree: 0, batch, epoch: '0'}));
    const again = ['c', 'd'].map((batch): Leaf => ({tree: 1, batch, epoch: '0'}));
    expect(noiseOf([...leaves, ...again]).oncePerEpochPrecision() * Z ** 2).toBe(2 + 2);
    const twice: Leaf[] = [...leaves, {tree: 0, batch: 'c', epoch: '0'}];
    expect(noiseOf(twice).oncePerEpochPrecision() * Z ** 2).toBe(2 ** 2 * 3);
  });

  test('goes on in a fork, and stays as it was', () => {
    const noise = noiseOf([{tree: 0, batch: 'a', epoch: '0'}]);
    const before = noise.oncePerEpochPrecision();
    const fork = noise.fork();
    const mechanism = {kind: 'tree', tree: 0, leaf: 1, maxLeaves: 9} as const;
    fork.add({...ROW, mechanism, batchId: 'b', sampling: {kind: 'unknown'}}, {batch: 'b', epoch: '1'}, 2);
    expect(fork.oncePerEpochPrecision()).toBeGreaterThan(before);
    expect(noise.oncePerEpochPrecision()).toBe(before);
  });
});
