import {halfNormal, TAIL_ERROR} from './half_normal.js';
import type {LazyUniform} from './lazy_uniform.js';

/** Bits of the uniform at which an undecided comparison is settled anyway: 63 + 3 * 64. */
const FINAL_BITS = 255;
/** Bits of precision of a threshold beyond those of the uniform. */
const EXTRA_BITS = 32;

/** Rounding of sigma |X| to the nearest integer, exactly, for one sigma > 0. */
export class ExactRounding {
  /** 1 / (2 sigma) as a fraction. */
  readonly #numerator: bigint;
  readonly #denominator: bigint;
  /** At least 20 sigma: T(limit) counts as 0. */
  readonly #limit: number;

  constructor(sigma: number) {
    let exponent = 0n;
    let integer = sigma;
    for (; !Number.isInteger(integer); integer *= 2) exponent++;
    this.#numerator = 1n << exponent;
    this.#denominator = 2n * BigInt(integer);
    this.#limit = Math.ceil(20 * sigma);
  }

  /**
   * The n >= 0 nearest to sigma x, where v = P(|X| > x): the smallest n with v >= T(n), for
   * T(n) = P(sigma |X| > n + 1/2).
   *
   * It searches outwards from `guess`, which affects only the time taken. Each comparison is right unless it
   * is settled at {@link FINAL_BITS} bits, which happens only if v lies within 2^-255 + 2^-286 of one of the
   * fewer than 2^53 thresholds below the limit. Together with T(limit) < 2^-292 the result is wrong with
   * probability below 2^53 * 4 * 2^-255 = 2^-200.
   */
  round(v: LazyUniform, guess: number): number {
    let low = -1; // v < T(low), where T(-1) stands for 1
    let high = this.#limit; // v >= T(high)
    let probe = Math.min(guess, high);
    for (let step = 1; high - low > 1; step *= 2) {
      if (this.#isBeyond(v, probe)) low = probe;
      else high = probe;
      // Walk away from the guess in growing steps until it is bracketed, then halve the bracket.
      if (low === -1) probe = Math.max(probe - step, 0);
      else if (high === this.#limit) probe = Math.min(probe + step, high - 1);
      else probe = Math.floor((low + high) / 2);
    }
    return high;
  }

  /** Whether sigma x > n + 1/2, that is v < T(n). */
  #isBeyond(v: LazyUniform, n: number): boolean {
    for (;;) {
      if (v.bits > 63) {
        const unit = 1n << BigInt(EXTRA_BITS);
        const odd = 2n * BigInt(n) + 1n;
        const {tail} = halfNormal(odd * this.#numerator, this.#denominator, v.bits + EXTRA_BITS);
        const start = v.leading * unit;
        if (start >= tail + TAIL_ERROR) return false;
        if (start + unit <= tail - TAIL_ERROR) return true;
        if (v.bits >= FINAL_BITS) return start + unit / 2n < tail;
      }
      v.extend();
    }
  }
}
