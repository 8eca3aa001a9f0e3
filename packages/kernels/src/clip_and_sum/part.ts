import type {Block} from '../workspace.js';

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
