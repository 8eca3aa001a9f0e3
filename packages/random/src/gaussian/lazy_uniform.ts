import type {RandomSource} from '../source.js';

/** A uniform real in [0, 1) of which more and more leading bits are drawn, as far as a decision needs them. */
export class LazyUniform {
  readonly #source: RandomSource;
  #bits = 63;
  #leading: bigint;

  /** From its first 63 bits: 31 in `high`, 32 in `low`. */
  constructor(high: number, low: number, source: RandomSource) {
    this.#source = source;
    this.#leading = (BigInt(high) << 32n) | BigInt(low);
  }

  /** How many bits are drawn. */
  get bits(): number {
    return this.#bits;
  }

  /** The drawn bits as an integer k: the real lies in [k, k + 1) 2^-bits. */
  get leading(): bigint {
    return this.#leading;
  }

  /** Draws 64 more bits. */
  extend(): void {
    const words = new Uint32Array(2);
    this.#source.fill(words);
    this.#leading = (this.#leading << 64n) | (BigInt(words[0] as number) << 32n) | BigInt(words[1] as number);
    this.#bits += 64;
  }
}
