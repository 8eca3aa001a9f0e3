import {shown} from './checks.js';
import {coinThreshold, effectiveSamplingProbability} from './bernoulli.js';
import {secureSource} from './secure.js';
import type {RandomSource} from './source.js';

/** What a Poisson sampler draws from. Sizes and probability are public; who is drawn is not. */
export interface PoissonSampleOptions {
  /** N, the number of records: an integer in [1, 2^31). */
  readonly numExamples: number;
  /** q in (0, 1]: the probability with which each record joins, independently of all others. */
  readonly samplingProbability: number;
  /** Default: {@link secureSource}. */
  readonly source?: RandomSource;
}

/** 65,536 bytes, one call of WebCrypto. */
const BLOCK_WORDS = 16_384;

/**
 * Draws Poisson samples of one data set, step after step, keeping its buffers.
 *
 * Each record's coin is the integer test `u53 < ceil(q * 2^53)` of `poissonCoin`. The leading 32 of the 53
 * bits decide it unless they equal the threshold's leading 32 bits; only then are the other 21 drawn. The
 * law is the same and half of the words are saved.
 */
export class PoissonSampler {
  /** The probability that the coin really has, for ledger and accountant. */
  readonly samplingProbability: number;
  readonly #source: RandomSource;
  readonly #leading: number;
  readonly #trailing: number;
  readonly #numExamples: number;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #drawn: Int32Array;

  /** @throws RangeError when an option is out of its range. */
  constructor({numExamples, samplingProbability, source = secureSource()}: PoissonSampleOptions) {
    if (!Number.isInteger(numExamples) || numExamples < 1 || numExamples >= 2 ** 31) {
      throw new RangeError(`numExamples must be an integer in [1, 2^31), got ${shown(numExamples)}`);
    }
    const threshold = coinThreshold(samplingProbability);
    this.samplingProbability = effectiveSamplingProbability(samplingProbability);
    this.#source = source;
    this.#leading = Math.floor(threshold / 2 ** 21);
    this.#trailing = threshold % 2 ** 21;
    this.#numExamples = numExamples;
    this.#words = new Uint32Array(Math.min(numExamples, BLOCK_WORDS));
    this.#drawn = new Int32Array(numExamples);
  }

  /**
   * One sample: the indices of the drawn records, ascending; possibly empty. The indices and their number
   * are secret.
   */
  sample(): Int32Array<ArrayBuffer> {
    const drawn = this.#drawn;
    const leading = this.#leading;
    let size = 0;
    for (let start = 0; start < this.#numExamples; start += this.#words.length) {
      const words = this.#words.subarray(0, Math.min(this.#words.length, this.#numExamples - start));
      this.#source.fill(words);
      for (let i = 0; i < words.length; i++) {
        const word = words[i] as number;
        if (word < leading || (word === leading && this.#decideTie())) drawn[size++] = start + i;
      }
      words.fill(0);
    }
    return drawn.slice(0, size);
  }

  #decideTie(): boolean {
    const word = new Uint32Array(1);
    this.#source.fill(word);
    return (word[0] as number) >>> 11 < this.#trailing;
  }
}

/**
 * One Poisson sample: each of the records 0 .. numExamples - 1 joins independently with probability
 * `effectiveSamplingProbability(samplingProbability)`. For many steps keep a {@link PoissonSampler}.
 *
 * @returns the indices of the drawn records, ascending; possibly empty. They and their number are secret.
 * @throws RangeError when an option is out of its range.
 */
export function poissonSample(options: PoissonSampleOptions): Int32Array<ArrayBuffer> {
  return new PoissonSampler(options).sample();
}
