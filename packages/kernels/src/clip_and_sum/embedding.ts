import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';
import type {EmbeddingContribution} from './contribution.js';
import type {GradientPart, GradientSum} from './part.js';

/** The gradient of an embedding table: the output gradients, added to the rows that were looked up. */
export function embeddingPart(scope: Scope, {indices, dy, rows}: EmbeddingContribution): GradientPart {
  const [, positions, width] = dy.shape as [number, number, number];
  const {kernels} = scope;
  const ids = scope.values(indices, 'int32');
  const dys = scope.values(dy);
  const idsOf = (example: number) => ids.address + example * positions * 4;
  const dyOf = (example: number) => dys.address + example * positions * width * 4;

  return {
    form: (example, out, add) => {
      if (!add) scope.fillWithZeros(out, rows * width * 4);
      kernels.addEmbeddingGradient(idsOf(example), dyOf(example), positions, width, out, rows);
    },
    shortcut: rowsShortcut(scope, rows, width, positions, idsOf, dyOf),
  };
}

/** Measures and adds the rows that were looked up alone; all others are zero. */
function rowsShortcut(
  scope: Scope,
  rows: number,
  width: number,
  positions: number,
  idsOf: (example: number) => number,
  dyOf: (example: number) => number,
): GradientSum {
  const {kernels} = scope;
  /** Where each id's row is while rows are grouped; zeros in between. */
  let slots: Block | undefined;
  let capacity = -1;
  let distinct: Block | undefined;
  let grouped: Block | undefined;
  let used = 0;

  return {
    measure: (examples) => {
      slots ??= scope.allocate(rows * 4);
      const needed = Math.min(rows, positions * examples.length);
      if (distinct === undefined || grouped === undefined || needed > capacity) {
        capacity = needed;
        distinct = scope.allocate(capacity * 4);
        grouped = scope.allocate(capacity * width * 4);
      }
      used = 0;
      let valid = true;
      for (const example of examples) {
        const count = kernels.groupRows(
          idsOf(example),
          dyOf(example),
          positions,
          width,
          rows,
          slots.address,
          distinct.address,
          grouped.address,
          used,
        );
        valid &&= count >= 0;
        used = count < 0 ? -1 - count : count;
      }
      kernels.clearSlots(slots.address, distinct.address, used);
      return valid ? kernels.sumOfSquares(grouped.address, used * width) : NaN;
    },
    accumulate: ({factor}, sums) => {
      if (distinct === undefined || grouped === undefined) return;
      kernels.accumulateRows(grouped.address, distinct.address, used, width, factor, sums.address);
    },
  };
}
