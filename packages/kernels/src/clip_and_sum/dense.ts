import type {Scope} from '../scope.js';
import type {DenseContribution} from './contribution.js';
import type {GradientPart, OuterProduct} from './part.js';

/** The gradient of a dense weight: the sum over positions of outer products. */
export function densePart(scope: Scope, {x, dy}: DenseContribution): GradientPart {
  const [, positions, rows] = x.shape as [number, number, number];
  const columns = dy.shape[2] as number;
  const xs = scope.values(x);
  const dys = scope.values(dy);
  const {kernels} = scope;
  const scratch = scope.allocate(kernels.filterGradientScratch(1, positions));
  const xOf = (example: number) => xs.address + example * positions * rows * 4;
  const dyOf = (example: number) => dys.address + example * positions * columns * 4;

  const form: GradientPart['form'] = (example, out, add) => {
    kernels.filterGradient(
      xOf(example),
      1,
      positions,
      0,
      rows * 4,
      1,
      rows,
      0,
      dyOf(example),
      columns,
      out,
      scratch.address,
      Number(add),
    );
  };
  if (positions !== 1) return {form};

  const outer: OuterProduct = {
    squaredNorm: (example) =>
      kernels.sumOfSquares(xOf(example), rows) * kernels.sumOfSquares(dyOf(example), columns),
    accumulate: (example, scale, sums) => {
      kernels.accumulateOuter(xOf(example), rows, dyOf(example), columns, scale, sums);
    },
  };
  return {form, outer};
}
