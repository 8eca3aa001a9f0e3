import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';

/** Bytes that {@link PutOff} takes for so many examples. */
export function putOffBytes(capacity: number): number {
  return capacity * 8;
}

/** Examples that were measured and are yet to be added, each with its scale: the kernels add several at a time. */
export class PutOff {
  readonly #scope: Scope;
  readonly #scales: Float32Array;
  readonly #examples: Uint32Array;
  #memory: Block | undefined;
  #count = 0;

  constructor(scope: Scope, capacity: number) {
    this.#scope = scope;
    this.#scales = new Float32Array(capacity);
    this.#examples = new Uint32Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.#scales.length;
  }

  push(example: number, scale: number): void {
    this.#examples[this.#count] = example;
    this.#scales[this.#count++] = scale;
  }

  /** Calls `add`, if there is anything to add, with the addresses of the float32 scales and the uint32 examples; then forgets them. */
  settle(add: (scales: number, examples: number, count: number) => void): void {
    const count = this.#count;
    if (count === 0) return;
    const capacity = this.#scales.length;
    this.#memory ??= this.#scope.allocate(putOffBytes(capacity));
    const {address} = this.#memory;
    new Float32Array(this.#scope.memory, address, count).set(this.#scales.subarray(0, count));
    new Uint32Array(this.#scope.memory, address + 4 * capacity, count).set(this.#examples.subarray(0, count));
    this.#count = 0;
    add(address, address + 4 * capacity, count);
  }
}
