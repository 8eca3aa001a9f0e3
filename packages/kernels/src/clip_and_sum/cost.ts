import type {Contribution, PerExampleParameter} from './contribution.js';
import {outerBytes} from './dense.js';
import {formedBytes} from './formed.js';
import {frameOf} from '../frame.js';
import {validateSizes} from './validate.js';

/**
 * How a parameter's per-example gradients are measured and added:
 * - `none`: nothing depends on it; its gradient is zero.
 * - `outer`: one dense use at one position. The norm is |x| |dy|; products are added as they are taken.
 * - `rows`: one embedding. The rows that an example looked up are grouped, measured and added; no others.
 * - `formed`: the gradient is formed in memory, measured, and added from there.
 */
export type Strategy = 'none' | 'outer' | 'rows' | 'formed';

/** What a strategy takes for a parameter. */
export interface ParameterCost {
  readonly strategy: Strategy;
  /** Multiplications with an addition to form, measure and add one example's gradient. */
  readonly multiplyAdds: number;
  /** Bytes beside the inputs and the sums (8 a coordinate), for the whole session, up to a few kilobytes. */
  readonly scratchBytes: number;
}

/**
 * The strategy that a session takes for a parameter, which is the one with the fewest multiply-adds, and its
 * estimated cost. Computed from shapes alone; results do not depend on values, nor on the batch's size. In groups
 * of several examples `outer` is `formed`.
 *
 * Gram norms (the sum over positions s, t of (x_s . x_t)(dy_s . dy_t)) are not among the strategies. They save work
 * where gradients need not be formed in order to be added: one product of clip-weighted factors then gives the sum.
 * Here each clipped gradient is rounded to the grid by itself, coordinate by coordinate, so all T K N products are
 * taken anyway, and the norm of the result costs K N more. The norm that is taken is that of the vector added; a
 * Gram norm would have an error of its own, by cancellation.
 *
 * @throws if the parameter's shapes or dtypes disagree.
 */
export function explainParameter(parameter: PerExampleParameter): ParameterCost {
  validateSizes(parameter, 'parameter');
  return costOf(parameter);
}

/** The same for a parameter whose shapes agree. */
export function costOf({size, contributions}: PerExampleParameter): ParameterCost {
  const [first, ...others] = contributions;
  if (first === undefined) return {strategy: 'none', multiplyAdds: 0, scratchBytes: 0};
  const forming = contributions.map(costOfForming);
  const formed: ParameterCost = {
    strategy: 'formed',
    // Once more each for the norm and for the sums.
    multiplyAdds: total(forming.map(({multiplyAdds}) => multiplyAdds)) + 2 * size,
    scratchBytes: total(forming.map(({scratchBytes}) => scratchBytes)) + formedBytes(size),
  };
  const shortcut = others.length === 0 ? costOfShortcut(first) : undefined;
  return shortcut !== undefined && shortcut.multiplyAdds <= formed.multiplyAdds ? shortcut : formed;
}

function costOfShortcut(contribution: Contribution): ParameterCost | undefined {
  if (contribution.kind === 'dense') {
    const [, positions, rows] = contribution.x.shape as [number, number, number];
    const columns = contribution.dy.shape[2] as number;
    if (positions !== 1) return undefined;
    return {
      strategy: 'outer',
      multiplyAdds: rows + columns + rows * columns,
      scratchBytes: outerBytes(columns),
    };
  }
  if (contribution.kind === 'embedding') {
    const [, positions, width] = contribution.dy.shape as [number, number, number];
    const distinct = Math.min(positions, contribution.rows);
    return {
      strategy: 'rows',
      multiplyAdds: positions * width + 2 * distinct * width,
      scratchBytes: 4 * (contribution.rows + distinct + distinct * width),
    };
  }
  return undefined;
}

/** Without the gradient itself. */
function costOfForming(contribution: Contribution): {multiplyAdds: number; scratchBytes: number} {
  switch (contribution.kind) {
    case 'dense': {
      const [, positions, rows] = contribution.x.shape as [number, number, number];
      const columns = contribution.dy.shape[2] as number;
      // A block of positions, packed (matMulScratch).
      const packed = Math.min(positions, 256) * 4 * (Math.min(Math.ceil(rows / 4) * 4, 128) + 16);
      return {multiplyAdds: positions * rows * columns, scratchBytes: packed};
    }
    case 'embedding':
    case 'sum': {
      const [, positions, columns] = contribution.dy.shape as [number, number, number];
      return {multiplyAdds: positions * columns, scratchBytes: 0};
    }
    default: {
      const {x, dy, imagesPerExample = 1, filterShape} = contribution;
      const outputs = product(dy.shape.slice(1, -1)) * imagesPerExample;
      const multiplyAdds = outputs * product(filterShape);
      if (contribution.kind === 'depthwiseConv2d') return {multiplyAdds, scratchBytes: 0};
      const {strides, padTop, padLeft} = contribution;
      const {bytes} = frameOf({
        height: x.shape.at(-3) as number,
        width: x.shape.at(-2) as number,
        channels: x.shape.at(-1) as number,
        outHeight: dy.shape.at(-3) as number,
        outWidth: dy.shape.at(-2) as number,
        filters: dy.shape.at(-1) as number,
        filterHeight: filterShape.at(-4) as number,
        filterWidth: filterShape.at(-3) as number,
        strideHeight: strides.at(-2) as number,
        strideWidth: strides.at(-1) as number,
        padTop,
        padLeft,
      });
      return {multiplyAdds, scratchBytes: bytes};
    }
  }
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const product = (values: readonly number[]) => values.reduce((result, value) => result * value, 1);
