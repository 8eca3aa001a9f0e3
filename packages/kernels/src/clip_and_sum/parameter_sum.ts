import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';
import type {PerExampleParameter} from './contribution.js';
import {costOf} from './cost.js';
import {formedSum} from './formed.js';
import {openPart} from './open_part.js';
import type {GradientSum} from './part.js';
import type {Scale} from './scale.js';

/** One parameter's share of a session: the gradient last measured, and the sum of those that were added. */
export class ParameterSum {
  readonly #scope: Scope;
  readonly #size: number;
  readonly #formed: GradientSum | undefined;
  /** Where it is cheaper than forming; only of parameters with a single contribution. */
  readonly #shortcut: GradientSum | undefined;
  readonly #sums: Block;
  /** Which of them measured last; none if the gradient was zero. */
  #measured: GradientSum | undefined;

  constructor(scope: Scope, parameter: PerExampleParameter) {
    const {size, contributions} = parameter;
    this.#scope = scope;
    this.#size = size;
    const parts = contributions.map((contribution) => openPart(scope, contribution));
    this.#shortcut = costOf(parameter).strategy === 'formed' ? undefined : parts[0]?.shortcut;
    this.#formed = parts.length === 0 ? undefined : formedSum(scope, size, parts);
    this.#sums = scope.allocate(size * 8);
  }

  /** The squared norm of the sum of these examples' gradients. */
  measure(examples: readonly number[]): number {
    if (examples.length > 0) {
      for (const sum of [this.#shortcut, this.#formed]) {
        const squaredNorm = sum?.measure(examples);
        if (squaredNorm === undefined) continue;
        this.#measured = sum;
        return squaredNorm;
      }
    }
    this.#measured = undefined;
    return 0;
  }

  /** Adds the gradient that was measured last, scaled and rounded to integers. */
  accumulate(scale: Scale): void {
    this.#measured?.accumulate(scale, this.#sums);
  }

  /** A copy of the sum so far. */
  values(): Float64Array {
    this.#shortcut?.settle?.(this.#sums);
    this.#formed?.settle?.(this.#sums);
    return new Float64Array(this.#scope.memory, this.#sums.address, this.#size).slice();
  }
}
