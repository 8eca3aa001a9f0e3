import {DpError} from '../errors.js';
import {LayeredMap} from './layered_map.js';
import type {NewRow} from './ledger.js';

interface Tree {
  readonly leaves: number;
  readonly noiseMultiplier: number;
  /** By epoch, the largest number of leaves that one batch of it has. */
  readonly epochs: ReadonlyMap<string, number>;
}

const NO_LEAVES: Tree = {leaves: 0, noiseMultiplier: Infinity, epochs: new Map()};

/** The leaves that a batch has: their number, by tree. */
type Places = ReadonlyMap<string, number>;

/** What a record is in: one of the batches of each epoch. */
export interface PlaceInEpoch {
  readonly batch: string;
  readonly epoch: string;
}

/**
 * What binary trees of partial sums cost (privacy rule 20), kept as rows come. Of n leaves, floor(n / 2^k) complete subtrees
 * of 2^k leaves have noisy sums, and prefix sums are made of these. All of them together are one Gaussian release, and a
 * record that is zeroed out moves it by the length of the vector of its parts in them.
 */
export class TreeNoise {
  private readonly trees: Map<string, Tree>;
  private readonly batches: LayeredMap<string, Places>;
  /** By epoch, what its batches have; each of those that are alike once, by its words. */
  private readonly epochs: Map<string, Map<string, Places>>;

  /** @param before - What it goes on from; it is not changed. */
  constructor(before?: TreeNoise) {
    this.trees = new Map(before?.trees);
    this.batches = new LayeredMap(before?.batches);
    this.epochs = new Map(Array.from(before?.epochs ?? [], ([epoch, places]) => [epoch, new Map(places)]));
  }

  /**
   * @param place - Unused for `everyLeafPrecision`.
   * @param count - How many leaves come one after the other, each of a batch of its own.
   * @throws DpError LEDGER_CORRUPT for a leaf that does not come after the ones before it.
   */
  add({optimizer, mechanism, noiseMultiplier}: NewRow, {batch, epoch}: PlaceInEpoch, count: number): void {
    if (mechanism.kind !== 'tree') return;
    const name = `${optimizer.id} ${mechanism.tree}`;
    const tree: Tree = this.trees.get(name) ?? NO_LEAVES;
    if (mechanism.leaf < tree.leaves) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `leaf ${mechanism.leaf} of tree ${mechanism.tree} of '${optimizer.id}' comes after leaf ${tree.leaves - 1}: a tree goes on or a new one begins`,
      );
    }
    const leavesOfBatch = this.addLeaf(name, `${epoch} ${batch}`, epoch);
    this.trees.set(name, {
      leaves: mechanism.leaf + count,
      noiseMultiplier: Math.min(tree.noiseMultiplier, noiseMultiplier),
      epochs: new Map(tree.epochs).set(epoch, Math.max(tree.epochs.get(epoch) ?? 0, leavesOfBatch)),
    });
  }

  /**
   * The sum of z^-2 where a record is in one batch of each epoch.
   *
   * In tree t of n leaves, a leaf is in at most L = floor(log2 n) + 1 of the sums, and the parts of k leaves add up at most in
   * length: k^2 L. A record has k_t leaves in tree t, at most K_t: the sum over epochs of the most that one batch has. So
   * sum_t k_t^2 L_t z_t^-2 <= sum_t k_t K_t L_t z_t^-2, which is a sum over epochs of what its batch has, at most the largest
   * of its batches'.
   */
  oncePerEpochPrecision(): number {
    const perLeaf = new Map(
      Array.from(this.trees, ([name, {leaves, noiseMultiplier, epochs}]) => {
        const most = [...epochs.values()].reduce((sum, number) => sum + number, 0);
        return [name, ((Math.floor(Math.log2(leaves)) + 1) * most) / noiseMultiplier ** 2];
      }),
    );
    let precision = 0;
    for (const batches of this.epochs.values()) {
      let largest = 0;
      for (const places of batches.values()) {
        let own = 0;
        for (const [tree, leaves] of places) own += leaves * (perLeaf.get(tree) ?? Infinity);
        largest = Math.max(largest, own);
      }
      precision += largest;
    }
    return precision;
  }

  /** The same where a record may be in every leaf: a sum over 2^k leaves holds it 2^k times. */
  everyLeafPrecision(): number {
    let precision = 0;
    for (const {leaves, noiseMultiplier} of this.trees.values()) {
      let squared = 0;
      for (let size = 1; size <= leaves; size *= 2) squared += Math.floor(leaves / size) * size ** 2;
      precision += squared / noiseMultiplier ** 2;
    }
    return precision;
  }

  /** To go on with; this one stays as it is. */
  fork(): TreeNoise {
    return new TreeNoise(this);
  }

  /** Returns how many leaves of the tree the batch has now. */
  private addLeaf(tree: string, batch: string, epoch: string): number {
    const before: Places = this.batches.get(batch) ?? new Map<string, number>();
    const leaves = (before.get(tree) ?? 0) + 1;
    const now = new Map(before).set(tree, leaves);
    const ofEpoch = this.epochs.get(epoch) ?? new Map<string, Places>();
    this.epochs.set(epoch, ofEpoch);
    const words = JSON.stringify([...now]);
    const places = ofEpoch.get(words) ?? now;
    ofEpoch.set(words, places);
    this.batches.set(batch, places);
    return leaves;
  }
}
