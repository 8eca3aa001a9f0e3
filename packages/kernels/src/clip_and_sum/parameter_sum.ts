import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';
import type {PerExampleParameter} from './contribution.js';
import {costOf} from './cost.js';
import {openPart} from './open_part.js';
import type {GradientPart, Shortcut} from './part.js';

/** One parameter's share of a session: the gradient last measured, and the sum of those that were added. */
export class ParameterSum {
  readonly #scope: Scope;
  readonly #size: number;
  readonly #parts: readonly GradientPart[];
  /** Where it is cheaper than forming; only of parameters with a single contribution. */
  readonly #shortcut: Shortcut | undefined;
  readonly #sums: Block;
  /** One gradient, float32; allocated when the first is formed. */
  #gradient: Block | undefined;
  /** What was measured last: a zero, the gradient in memory, or what the shortcut remembers. */
  #measured: 'zero' | 'formed' | 'shortcut' = 'zero';

  constructor(scope: Scope, parameter: PerExampleParameter) {
    const {size, contributions} = parameter;
    this.#scope = scope;
    this.#size = size;
    this.#parts = contributions.map((contribution) => openPart(scope, contribution));
    this.#shortcut = costOf(parameter).strategy === 'formed' ? undefined : this.#parts[0]?.shortcut;
    this.#sums = scope.allocate(size * 8);
  }

  /** The squared norm of the sum of these examples' gradients. */
  measure(examples: readonly number[]): number {
    if (examples.length === 0 || this.#parts.length === 0) {
      this.#measured = 'zero';
      return 0;
    }
    const squaredNorm = this.#shortcut?.measure(examples);
    if (squaredNorm !== undefined) {
      this.#measured = 'shortcut';
      return squaredNorm;
    }
    this.#gradient ??= this.#scope.allocate(this.#size * 4);
    const {address} = this.#gradient;
    let add = false;
    for (const example of examples) {
      for (const part of this.#parts) {
        part.form(example, address, add);
        add = true;
      }
    }
    this.#measured = 'formed';
    return this.#scope.kernels.sumOfSquares(address, this.#size);
  }

  /** Adds round(scale * g) for the gradient g that was measured last. */
  accumulate(scale: number): void {
    if (this.#measured === 'shortcut') {
      this.#shortcut?.accumulate(scale, this.#sums);
    } else if (this.#measured === 'formed' && this.#gradient !== undefined) {
      this.#scope.kernels.accumulate(this.#gradient.address, this.#size, scale, this.#sums.address);
    }
  }

  /** A copy of the sum so far. */
  values(): Float64Array {
    this.#shortcut?.settle?.(this.#sums);
    return new Float64Array(this.#scope.memory, this.#sums.address, this.#size).slice();
  }
}
