import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';
import type {PerExampleParameter} from './contribution.js';
import {openPart, type GradientPart, type OuterProduct} from './part.js';

/** One parameter's share of a session: the gradient last measured, and the sum of those that were added. */
export class ParameterSum {
  readonly #scope: Scope;
  readonly #size: number;
  readonly #parts: readonly GradientPart[];
  /** The closed form of a parameter with a single contribution. */
  readonly #outer: OuterProduct | undefined;
  readonly #sums: Block;
  /** One gradient, float32; allocated when the first is formed. */
  #gradient: Block | undefined;
  /** What was measured last: nothing (a zero), the gradient in memory, or an example's two vectors. */
  #measured: 'zero' | 'formed' | {readonly example: number} = 'zero';

  constructor(scope: Scope, {size, contributions}: PerExampleParameter) {
    this.#scope = scope;
    this.#size = size;
    this.#parts = contributions.map((contribution) => openPart(scope, contribution));
    this.#outer = this.#parts.length === 1 ? this.#parts[0]?.outer : undefined;
    this.#sums = scope.allocate(size * 8);
  }

  /** The squared norm of the sum of these examples' gradients. */
  measure(examples: readonly number[]): number {
    const [first] = examples;
    if (first === undefined || this.#parts.length === 0) {
      this.#measured = 'zero';
      return 0;
    }
    if (this.#outer !== undefined && examples.length === 1) {
      this.#measured = {example: first};
      return this.#outer.squaredNorm(first);
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
    const sums = this.#sums.address;
    if (this.#measured === 'zero') return;
    if (this.#measured === 'formed') {
      if (this.#gradient !== undefined)
        this.#scope.kernels.accumulate(this.#gradient.address, this.#size, scale, sums);
    } else {
      this.#outer?.accumulate(this.#measured.example, scale, sums);
    }
  }

  /** A copy of the sum so far. */
  values(): Float64Array {
    return new Float64Array(this.#scope.memory, this.#sums.address, this.#size).slice();
  }
}
