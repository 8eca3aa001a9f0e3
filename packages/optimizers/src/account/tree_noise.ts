import {DpError} from '../errors.js';
import type {LedgerRow} from './ledger_row.js';

interface Tree {
  leaves: number;
  noiseMultiplier: number;
  readonly epochs: Set<string>;
}

/**
 * What binary trees of partial sums cost (privacy rule 20), kept as rows come. Of n leaves, floor(n / 2^k) complete subtrees
 * of 2^k leaves have noisy sums, and prefix sums are made of these. All of them together are one Gaussian release, and a
 * record that is zeroed out moves it by the length of the vector of its parts in them.
 */
export class TreeNoise {
  private readonly trees = new Map<string, Tree>();

  /**
   * @param epoch - Names what a record takes part in at most once. Unused for `everyLeafPrecision`.
   * @throws DpError LEDGER_CORRUPT for a leaf that does not come after the ones before it.
   */
  add({optimizer, mechanism, noiseMultiplier}: LedgerRow, epoch: string): void {
    if (mechanism.kind !== 'tree') return;
    const name = `${optimizer.id} ${mechanism.tree}`;
    const tree = this.trees.get(name) ?? {leaves: 0, noiseMultiplier: Infinity, epochs: new Set<string>()};
    if (mechanism.leaf < tree.leaves) {
      throw new DpError(
        'LEDGER_CORRUPT',
        `leaf ${mechanism.leaf} of tree ${mechanism.tree} of '${optimizer.id}' comes after leaf ${tree.leaves - 1}: a tree goes on or a new one begins`,
      );
    }
    tree.leaves = mechanism.leaf + 1;
    tree.noiseMultiplier = Math.min(tree.noiseMultiplier, noiseMultiplier);
    tree.epochs.add(epoch);
    this.trees.set(name, tree);
  }

  /**
   * The sum of z^-2 where a record is in one leaf an epoch: each leaf is in at most floor(log2 n) + 1 of the sums, and parts
   * of several leaves add up at most in length.
   */
  oncePerEpochPrecision(): number {
    return this.sum(({leaves, epochs}) => (Math.floor(Math.log2(leaves)) + 1) * epochs.size ** 2);
  }

  /** The same where a record may be in every leaf: a sum over 2^k leaves holds it 2^k times. */
  everyLeafPrecision(): number {
    return this.sum(({leaves}) => {
      let squared = 0;
      for (let size = 1; size <= leaves; size *= 2) squared += Math.floor(leaves / size) * size ** 2;
      return squared;
    });
  }

  private sum(squaredSensitivity: (tree: Tree) => number): number {
    let precision = 0;
    for (const tree of this.trees.values()) precision += squaredSensitivity(tree) / tree.noiseMultiplier ** 2;
    return precision;
  }
}
