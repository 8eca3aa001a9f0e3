/** A way to take part in one block: the last of the steps, and the sum of squares over the block's nodes. */
interface Pattern {
  readonly last: number;
  readonly squares: number;
}

/**
 * The largest sum, over the nodes of a binary tree, of the square of how often one record is below the node: what the
 * record moves all node sums by, squared, in clipping norms.
 *
 * The tree over `steps` leaves holds complete subtrees only (for 6 leaves: one of 4 and one of 2), as a tree that grows by
 * one leaf a step does. Exact, by dynamic programming over blocks: of all ways to take part n times from a leaf on, only those
 * are kept that no other beats in both its last step and its sum of squares.
 *
 * @param most - participations, >= 1.
 * @param gap - smallest difference between two of the record's steps, >= 1.
 */
export function treeSensitivitySquared(steps: number, most: number, gap: number): number {
  const inBlock = completeBlocks(gap);
  // By the number of participations so far, from the largest block, which comes first, to the smallest.
  let reached = new Map<number, readonly Pattern[]>([[0, [{last: -gap, squares: 0}]]]);
  let start = 0;
  for (let height = Math.floor(Math.log2(steps)); height >= 0; height--) {
    const size = 2 ** height;
    if (start + size > steps) continue;
    const next = new Map(reached);
    for (const [before, patterns] of reached) {
      for (let count = 1; before + count <= most && (count - 1) * gap < size; count++) {
        const longer = patterns.flatMap(({last, squares}) =>
          inBlock(height, count, Math.max(0, last + gap - start)).map((pattern) => ({
            last: start + pattern.last,
            squares: squares + pattern.squares,
          })),
        );
        next.set(before + count, best([...(next.get(before + count) ?? []), ...longer]));
      }
    }
    reached = next;
    start += size;
  }
  return Math.max(...[...reached.values()].flat().map(({squares}) => squares));
}

/** The best patterns of `count` >= 1 participations at leaf `from` or later of a complete tree of 2^height leaves. */
function completeBlocks(gap: number): (height: number, count: number, from: number) => readonly Pattern[] {
  const known = new Map<string, readonly Pattern[]>();
  const solve = (height: number, count: number, from: number): readonly Pattern[] => {
    if (from + (count - 1) * gap >= 2 ** height) return [];
    if (count === 1) return [{last: from, squares: height + 1}];
    const key = `${height} ${count} ${from}`;
    const found = known.get(key) ?? best(split(height, count, from));
    known.set(key, found);
    return found;
  };
  const split = (height: number, count: number, from: number): Pattern[] => {
    const half = 2 ** (height - 1);
    const patterns: Pattern[] = [];
    const add = (last: number, squares: number): void => {
      patterns.push({last, squares: squares + count * count});
    };
    for (const {last, squares} of solve(height - 1, count, from)) add(last, squares);
    for (const {last, squares} of solve(height - 1, count, Math.max(0, from - half)))
      add(half + last, squares);
    for (let left = 1; left < count; left++) {
      for (const first of solve(height - 1, left, from)) {
        for (const second of solve(height - 1, count - left, Math.max(0, first.last + gap - half))) {
          add(half + second.last, first.squares + second.squares);
        }
      }
    }
    return patterns;
  };
  return solve;
}

/** Those that no other beats in both respects, the earliest first. */
function best(patterns: readonly Pattern[]): readonly Pattern[] {
  const kept: Pattern[] = [];
  const byLast = [...patterns].sort((a, b) => a.last - b.last || b.squares - a.squares);
  for (const pattern of byLast) {
    if (pattern.squares > (kept.at(-1)?.squares ?? -1)) kept.push(pattern);
  }
  return kept;
}
