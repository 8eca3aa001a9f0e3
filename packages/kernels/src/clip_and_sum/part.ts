import type {Scope} from '../scope.js';
import {conv2dPart} from './conv2d.js';
import {conv3dPart} from './conv3d.js';
import type {Contribution} from './contribution.js';
import {densePart} from './dense.js';
import {depthwiseConv2dPart} from './depthwise_conv2d.js';
import {embeddingPart} from './embedding.js';
import {sumPart} from './sum.js';

/** A contribution whose tensors lie in a workspace, ready to form single examples' gradients. */
export interface GradientPart {
  /** Writes an example's gradient to `out` (float32, row-major), or adds it there. */
  form(example: number, out: number, add: boolean): void;
  /** Where the gradient is an outer product of two vectors, how to do without forming it. */
  readonly outer?: OuterProduct;
}

/** The gradient x^T dy, known by its two vectors. Products are taken in float64, where they are exact. */
export interface OuterProduct {
  /** |x|^2 |dy|^2, the gradient's squared norm; not finite if a coordinate is not. */
  squaredNorm(example: number): number;
  /** sums[k, f] += round(scale * x[k] * dy[f]). */
  accumulate(example: number, scale: number, sums: number): void;
}

/** Opens a contribution's tensors in the scope's workspace. */
export function openPart(scope: Scope, contribution: Contribution): GradientPart {
  switch (contribution.kind) {
    case 'dense':
      return densePart(scope, contribution);
    case 'conv2d':
      return conv2dPart(scope, contribution);
    case 'conv3d':
      return conv3dPart(scope, contribution);
    case 'depthwiseConv2d':
      return depthwiseConv2dPart(scope, contribution);
    case 'embedding':
      return embeddingPart(scope, contribution);
    case 'sum':
      return sumPart(scope, contribution);
  }
}
