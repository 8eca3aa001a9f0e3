import {fillGridGaussian, type RandomSource} from '@dp/random';

interface Node {
  /** The node is over 2^height leaves. */
  readonly height: number;
  /** Their sums, exact. Sensitive. */
  readonly sums: readonly Float64Array[];
  /** The best estimate of the sums from the noisy sums of the nodes below and of the node itself. Private. */
  readonly estimates: readonly Float64Array[];
}

/**
 * The noisy sums of all complete subtrees of a binary tree (Dwork et al. 2010; Chan, Shi and Song 2011), and prefix sums
 * made of them. Each node has noise of its own, drawn once, when its last leaf comes. Kept are the nodes that the current
 * prefix is made of: at most log2(leaves) + 1.
 *
 * A node's sum is also that of its halves, so both are averaged, weighted by their variances (Honaker 2015, the estimate from
 * below). In a node's own variance v_0 = 1, v_(k + 1) = 2 v_k / (2 v_k + 1): the variance falls to a half. All of it is
 * computed from noisy sums, so that it is post-processing to the last bit.
 */
export class NoisyNodes {
  private readonly path: Node[] = [];

  /**
   * Adds a leaf.
   *
   * @param leaf - Integers, one array a variable. Sensitive.
   * @param deviations - Of each node's noise, one a variable.
   * @returns The estimates of the prefix sums that end with this leaf. Private.
   */
  add(
    leaf: readonly Float64Array[],
    deviations: readonly number[],
    source: RandomSource,
  ): readonly Float64Array[] {
    let node: Node = {height: 0, sums: leaf, estimates: noisy(leaf, deviations, source)};
    let variance = 1;
    for (let left = this.path.at(-1); left?.height === node.height; left = this.path.at(-1)) {
      this.path.pop();
      variance = (2 * variance) / (2 * variance + 1);
      const sums = pairwise(left.sums, node.sums, (a, b) => a + b);
      const own = noisy(sums, deviations, source);
      const weight = variance;
      const halves = pairwise(left.estimates, node.estimates, (a, b) => (1 - weight) * (a + b));
      node = {height: node.height + 1, sums, estimates: pairwise(own, halves, (a, b) => weight * a + b)};
    }
    this.path.push(node);
    return this.path.reduce<readonly Float64Array[]>(
      (prefix, {estimates}) => pairwise(prefix, estimates, (a, b) => a + b),
      leaf.map(({length}) => new Float64Array(length)),
    );
  }
}

function noisy(
  sums: readonly Float64Array[],
  deviations: readonly number[],
  source: RandomSource,
): Float64Array[] {
  return sums.map((values, v) => {
    const noise = new Float64Array(values.length);
    fillGridGaussian(noise, deviations[v] ?? NaN, source);
    for (let i = 0; i < noise.length; i++) noise[i] = (noise[i] as number) + (values[i] as number);
    return noise;
  });
}

function pairwise(
  a: readonly Float64Array[],
  b: readonly Float64Array[],
  of: (a: number, b: number) => number,
): Float64Array[] {
  return a.map((values, v) => values.map((value, i) => of(value, b[v]?.[i] ?? NaN)));
}
