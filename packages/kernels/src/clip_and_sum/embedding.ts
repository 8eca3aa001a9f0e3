import type {Scope} from '../scope.js';
import type {EmbeddingContribution} from './contribution.js';
import type {GradientPart} from './part.js';

/** The gradient of an embedding table: the output gradients, added to the rows that were looked up. */
export function embeddingPart(scope: Scope, {indices, dy, rows}: EmbeddingContribution): GradientPart {
  const [, positions, width] = dy.shape as [number, number, number];
  const ids = scope.values(indices, 'int32');
  const dys = scope.values(dy);
  const {kernels} = scope;
  return {
    form: (example, out, add) => {
      if (!add) scope.fillWithZeros(out, rows * width * 4);
      kernels.addEmbeddingGradient(
        ids.address + example * positions * 4,
        dys.address + example * positions * width * 4,
        positions,
        width,
        out,
        rows,
      );
    },
  };
}
