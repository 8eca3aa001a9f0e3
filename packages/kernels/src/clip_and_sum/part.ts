import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';
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
  /** How a parameter whose only contribution this is does without forming its gradient. */
  readonly shortcut?: Shortcut;
}

/** Norms and sums of gradients that are never formed. */
export interface Shortcut {
  /**
   * The squared norm of the sum of these examples' gradients, at least one; not finite if a coordinate is not.
   * Undefined if the gradient must be formed after all.
   */
  measure(examples: readonly number[]): number | undefined;
  /** Adds round(scale * g) to the sums, now or later, for the gradient g that was measured last. */
  accumulate(scale: number, sums: Block): void;
  /** Adds what was put off. */
  settle?(sums: Block): void;
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
