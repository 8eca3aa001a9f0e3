import type {Block} from '../workspace.js';
import type {Scale} from './scale.js';

/** A contribution whose tensors lie in a workspace, ready to form single examples' gradients. */
export interface GradientPart {
  /** Writes an example's gradient to `out` (float32, row-major), or adds it there. */
  form(example: number, out: number, add: boolean): void;
  /** How a parameter whose only contribution this is does without forming its gradient. */
  readonly shortcut?: GradientSum;
}

/** Norms and sums of one parameter's gradients. */
export interface GradientSum {
  /**
   * The squared norm of the sum of these examples' gradients, at least one; not finite if a coordinate is not.
   * Undefined from a shortcut if the gradient must be formed after all.
   */
  measure(examples: readonly number[]): number | undefined;
  /** Adds the gradient g that was measured last, scaled and rounded to integers, to the sums, now or later. At most once. */
  accumulate(scale: Scale, sums: Block): void;
  /** Adds what was put off. */
  settle?(sums: Block): void;
}
