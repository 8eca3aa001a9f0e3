import type {Scope} from '../scope.js';
import type {SumContribution} from './contribution.js';
import type {GradientPart} from './part.js';

/** The gradient of a bias: the sum of the output gradients over positions. */
export function sumPart(scope: Scope, {dy}: SumContribution): GradientPart {
  const [, positions, columns] = dy.shape as [number, number, number];
  const dys = scope.values(dy);
  return {
    form: (example, out, add) =>
      scope.kernels.columnSums(
        dys.address + example * positions * columns * 4,
        positions,
        columns,
        out,
        Number(add),
      ),
  };
}
