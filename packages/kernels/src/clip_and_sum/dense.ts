import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';
import type {DenseContribution} from './contribution.js';
import type {GradientPart, Shortcut} from './part.js';

/** The gradient of a dense weight: the sum over positions of outer products. */
export function densePart(scope: Scope, {x, dy}: DenseContribution): GradientPart {
  const [, positions, rows] = x.shape as [number, number, number];
  const columns = dy.shape[2] as number;
  const {kernels} = scope;
  const xs = scope.values(x);
  const dys = scope.values(dy);
  const xOf = (example: number) => xs.address + example * positions * rows * 4;
  const dyOf = (example: number) => dys.address + example * positions * columns * 4;
  /** Allocated when the first gradient is formed: a single position seldom needs it. */
  let scratch: Block | undefined;

  const form: GradientPart['form'] = (example, out, add) => {
    scratch ??= scope.allocate(kernels.matMulScratch(rows, positions));
    const [x, dy] = [xOf(example), dyOf(example)];
    const [row, column] = [rows * 4, columns * 4];
    kernels.matMul(x, 4, row, dy, column, 4, out, rows, columns, positions, scratch.address, Number(add));
  };
  return positions === 1 ? {form, shortcut: outerShortcut(scope, rows, columns, xOf, dyOf)} : {form};
}

/** Bytes of sums that several examples are added to before the next ones: they stay in the second-level cache. */
const BLOCK_BYTES = 2 ** 17;
/** Examples that are put off at most: sums beyond the cache are then read and written once for all of them. */
const PUT_OFF = 64;

/**
 * The gradient x^T dy, known by its two vectors. Products are taken in float64, where they are exact. Examples are
 * added together, block by block of the sums: a large weight's sums are slower to reach than the products to take.
 */
function outerShortcut(
  scope: Scope,
  rows: number,
  columns: number,
  xOf: (example: number) => number,
  dyOf: (example: number) => number,
): Shortcut {
  const {kernels} = scope;
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / 8 / Math.max(1, columns)));
  let measured = 0;
  const putOff: {example: number; scale: number}[] = [];

  const settle = (sums: Block): void => {
    for (let row = 0; row < rows; row += blockRows) {
      const count = Math.min(blockRows, rows - row);
      const target = sums.address + row * columns * 8;
      for (const {example, scale} of putOff) {
        kernels.accumulateOuter(xOf(example) + row * 4, count, dyOf(example), columns, scale, target);
      }
    }
    putOff.length = 0;
  };

  return {
    measure: (examples) => {
      const [example, ...others] = examples;
      if (example === undefined || others.length > 0) return undefined;
      measured = example;
      return kernels.sumOfSquares(xOf(example), rows) * kernels.sumOfSquares(dyOf(example), columns);
    },
    accumulate: (scale, sums) => {
      putOff.push({example: measured, scale});
      if (putOff.length >= PUT_OFF) settle(sums);
    },
    settle,
  };
}
