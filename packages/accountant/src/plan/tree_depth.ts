/**
 * The most nodes that hold one leaf, over binary trees of several numbers of leaves, of which only complete subtrees are
 * released: floor(log2(leaves)) + 1.
 */
export function treeDepth(stepCounts: readonly number[]): number {
  return stepCounts.reduce((deepest, steps) => Math.max(deepest, Math.floor(Math.log2(steps)) + 1), 0);
}
