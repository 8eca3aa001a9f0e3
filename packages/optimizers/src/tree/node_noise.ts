import {fillGridGaussian, type RandomSource} from '@dp/random';

interface Node {
  /** The node is over 2^height leaves. */
  readonly height: number;
  /** Its noise, with that of the nodes to its left that make up the prefix. */
  readonly noise: readonly Float64Array[];
}

/**
 * The noise of the prefix sums of a binary tree (Dwork et al. 2010; Chan, Shi and Song 2011). The prefix of t leaves is made
 * of one complete subtree for each binary digit 1 of t, and each subtree has noise of its own, drawn once, when its last
 * leaf comes. Kept are the nodes that the current prefix is made of: at most log2(t) + 1.
 */
export class NodeNoise {
  private leaves = 0;
  private readonly path: Node[] = [];

  /**
   * The noise of the prefix that ends with the next leaf. One fresh draw a coordinate.
   *
   * @param standardDeviations - Of each node's noise, in grid units, one a variable.
   * @returns Integers, one array a variable. Sensitive: it is to be added once.
   */
  next(
    sizes: readonly number[],
    standardDeviations: readonly number[],
    source: RandomSource,
  ): readonly Float64Array[] {
    this.leaves++;
    let height = 0;
    // The new leaf completes the subtrees that the nodes to its left were halves of.
    while (this.path.at(-1)?.height === height) {
      this.path.pop();
      height++;
    }
    const left = this.path.at(-1);
    const noise = sizes.map((size, v) => {
      const values = new Float64Array(size);
      fillGridGaussian(values, standardDeviations[v] ?? NaN, source);
      const before = left?.noise[v];
      if (before !== undefined) {
        for (let i = 0; i < size; i++) values[i] = (values[i] as number) + (before[i] as number);
      }
      return values;
    });
    this.path.push({height, noise});
    return noise;
  }
}
