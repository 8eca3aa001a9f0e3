import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';
import type {DenseContribution} from './contribution.js';
import type {GradientPart, GradientSum} from './part.js';
import {PutOff, putOffBytes} from './put_off.js';

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
  return positions === 1 ? {form, shortcut: outerSum(scope, rows, columns, xs, dys)} : {form};
}

/** Examples that are added together: sums are then read and written once for all of them. */
const TOGETHER = 64;

/** Bytes that {@link outerSum} takes for so many columns. */
export function outerBytes(columns: number): number {
  // addRoundedOutersScratch: four columns of one factor and up to 256 of the other.
  const packed = (2 * Math.ceil(Math.min(columns, 256) / 8) + 1) * 16;
  return TOGETHER * packed + putOffBytes(TOGETHER);
}

/** The gradient x^T dy, known by its two vectors and never formed. */
function outerSum(scope: Scope, rows: number, columns: number, xs: Block, dys: Block): GradientSum {
  const {kernels} = scope;
  const putOff = new PutOff(scope, TOGETHER);
  const xOf = (example: number) => xs.address + example * rows * 4;
  const dyOf = (example: number) => dys.address + example * columns * 4;
  let scratch: Block | undefined;
  let measured = 0;
  let dySquared = 0;

  const settle = (sums: Block): void => {
    putOff.settle((scales, examples, count) => {
      scratch ??= scope.allocate(kernels.addRoundedOutersScratch(columns, TOGETHER));
      const [x, dy, to] = [xs.address, dys.address, sums.address];
      kernels.addRoundedOuters(x, rows, dy, columns, examples, scales, count, to, scratch.address);
    });
  };

  return {
    measure: (examples) => {
      const [example, ...others] = examples;
      if (example === undefined || others.length > 0) return undefined;
      measured = example;
      dySquared = kernels.sumOfSquares(dyOf(example), columns);
      return kernels.sumOfSquares(xOf(example), rows) * dySquared;
    },
    accumulate: ({factor, small}, sums) => {
      // scale * x stays within float32's range, and where it leaves the normal numbers its products round to 0.
      if (small !== undefined && dySquared > 2 ** -120 && dySquared < 2 ** 120) {
        putOff.push(measured, small);
        if (putOff.isFull) settle(sums);
      } else {
        kernels.accumulateOuter(xOf(measured), rows, dyOf(measured), columns, factor, sums.address);
      }
    },
    settle,
  };
}
