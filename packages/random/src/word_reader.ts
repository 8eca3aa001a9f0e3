import {shown} from './checks.js';
import type {RandomSource} from './source.js';

/**
 * Hands out the words of a source one by one, drawn in blocks so that a word costs little. Each word is
 * handed out once and erased from the buffer as it leaves.
 */
export class WordReader {
  readonly #source: RandomSource;
  readonly #words: Uint32Array<ArrayBuffer>;
  #next: number;

  /**
   * @param source where the words come from.
   * @param blockSize how many words are drawn at a time; it affects speed only.
   */
  constructor(source: RandomSource, blockSize = 1024) {
    if (!Number.isInteger(blockSize) || blockSize < 1 || blockSize >= 2 ** 31) {
      throw new RangeError(`blockSize must be an integer in [1, 2^31), got ${shown(blockSize)}`);
    }
    this.#source = source;
    this.#words = new Uint32Array(blockSize);
    this.#next = blockSize;
  }

  /** The next 32 uniform bits, as an integer in [0, 2^32). */
  next(): number {
    if (this.#next === this.#words.length) {
      this.#source.fill(this.#words);
      this.#next = 0;
    }
    const word = this.#words[this.#next] as number;
    this.#words[this.#next++] = 0;
    return word;
  }
}
