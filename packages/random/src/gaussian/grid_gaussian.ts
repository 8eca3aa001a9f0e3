import {shown} from '../checks.js';
import {secureSource} from '../secure.js';
import type {RandomSource} from '../source.js';
import {ExactRounding} from './exact_rounding.js';
import {OCTAVES, quantileTable, segmentOffset} from './half_normal_quantile.js';
import {LazyUniform} from './lazy_uniform.js';

/**
 * The total-variation distance of one draw of {@link fillGridGaussian} from the law of round(sigma X), X a
 * real standard normal and the source's words uniform: at most 2^-200, see `ExactRounding.round`.
 */
export const GRID_GAUSSIAN_TOTAL_VARIATION = 2 ** -200;

/** The largest sigma, in grid units: |n| <= 20 sigma must stay below 2^53. */
export const MAX_GRID_SIGMA = 2 ** 48;

// Bound once: where tests run in a sandbox, as with jest, every access to the global Math is a slow look-up.
const {abs, clz32, floor} = Math;

/** 65,536 bytes, one call of WebCrypto; two words a draw. */
const BLOCK_DRAWS = 8192;

interface Scratch {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly undecided: Uint32Array<ArrayBuffer>;
}

/** Kept between calls, with the words zeroed: a training step that leaves much to the garbage collector waits for it. */
let scratch: Scratch | undefined;

function newScratch(): Scratch {
  return {words: new Uint32Array(2 * BLOCK_DRAWS), undecided: new Uint32Array(BLOCK_DRAWS)};
}

/** All bits of a word but its sign. */
const MAGNITUDE = 0x7fffffff;

/** What {@link quickMagnitude} gives where doubles cannot decide. */
const UNDECIDED = -1;

/** Covers the rounding of the comparison in {@link quickMagnitude}. */
const HALF = 0.5 - 2 ** -50;

/**
 * Gaussian noise on a grid: overwrites `out` with independent integers n, each distributed as round(sigma
 * X) to the nearest integer with X a *real* standard normal, up to {@link GRID_GAUSSIAN_TOTAL_VARIATION} a
 * draw. There is no cut of the tails and no floating-point gap.
 *
 * For an integer sum S, S + round(sigma X) = round(S + sigma X): a post-processing of the Gaussian
 * mechanism, which therefore keeps its guarantee exactly (compare Mironov 2012, "On significance of the
 * least significant bits").
 *
 * Method: inversion. A random sign, and |X| = x(v), the quantile of one uniform real v. Its first 63 bits
 * give sigma x(v) in doubles with a proved error bound; unless that leaves two candidates for n, n is
 * certain. Else, about once in 2^16 draws at sigma = 2^34, more bits of the same v are drawn and compared
 * with the exact probability in integer arithmetic of as many bits as the decision needs.
 *
 * The time taken depends slightly on the values drawn. `out` is secret until it is added to the sum.
 *
 * @param out receives the integers, as doubles; never -0.
 * @param sigmaInGridUnits the noise's standard deviation divided by the grid's step, in [0, 2^48]; 0 gives
 *   zeros.
 * @param source default {@link secureSource}.
 * @throws RangeError for any other sigma.
 */
export function fillGridGaussian(
  out: Float64Array,
  sigmaInGridUnits: number,
  source: RandomSource = secureSource(),
): void {
  const sigma = sigmaInGridUnits;
  // By name, not instanceof: it may come from another realm.
  if (Object.prototype.toString.call(out) !== '[object Float64Array]') {
    throw new TypeError(
      `out must be a Float64Array, got ${shown(out)}: no other holds all integers below 2^53`,
    );
  }
  if (typeof sigma !== 'number' || !(sigma >= 0 && sigma <= MAX_GRID_SIGMA)) {
    throw new RangeError(
      `sigmaInGridUnits must be in [0, 2^48], got ${shown(sigma)}: noise must stay below 2^53 units, use a coarser grid`,
    );
  }
  if (sigma === 0) {
    out.fill(0);
    return;
  }
  // Taken away while it is in use: a source that draws noise itself gets another.
  const own = scratch ?? newScratch();
  scratch = undefined;
  const {words, undecided} = own;
  const table = quantileTable();
  try {
    for (let start = 0; start < out.length; start += BLOCK_DRAWS) {
      const draws = out.subarray(start, start + BLOCK_DRAWS);
      const bits = words.subarray(0, 2 * draws.length);
      source.fill(bits);
      const count = fillWhereCertain(draws, sigma, bits, table, undecided);
      if (count > 0) decideExactly(draws, sigma, bits, undecided.subarray(0, count), source);
    }
  } finally {
    words.fill(0, 0, 2 * Math.min(out.length, BLOCK_DRAWS)); // They determine the noise.
    scratch = own;
  }
}

/** Fills the draws of which doubles are sure, and lists the others; returns how many those are. */
function fillWhereCertain(
  draws: Float64Array,
  sigma: number,
  bits: Uint32Array,
  table: Float64Array,
  undecided: Uint32Array,
): number {
  let count = 0;
  for (let i = 0; i < draws.length; i++) {
    const first = bits[2 * i] as number;
    const n = quickMagnitude(first & MAGNITUDE, bits[2 * i + 1] as number, sigma, table);
    if (n === UNDECIDED) undecided[count++] = i;
    draws[i] = withSign(n, first);
  }
  return count;
}

function decideExactly(
  draws: Float64Array,
  sigma: number,
  bits: Uint32Array,
  undecided: Uint32Array,
  source: RandomSource,
): void {
  const rounding = new ExactRounding(sigma);
  for (const i of undecided) {
    const first = bits[2 * i] as number;
    const high = first & MAGNITUDE;
    const low = bits[2 * i + 1] as number;
    const n = rounding.round(new LazyUniform(high, low, source), guessMagnitude(high, low, sigma));
    draws[i] = withSign(n, first);
  }
}

/** The word's top bit is the sign; adding 0 turns -0 into 0. */
function withSign(n: number, word: number): number {
  return n * ((word >> 31) | 1) + 0;
}

/**
 * The n nearest to sigma x(v) where doubles are sure of it, else -1; `high` and `low` are the first 31 + 32
 * bits of v. Sure means farther from a half-integer than the table's bound of the error: then the real
 * sigma x(v) rounds to the same n whatever the bits of v not drawn.
 */
export function quickMagnitude(high: number, low: number, sigma: number, table: Float64Array): number {
  const octave = clz32(high);
  if (octave > OCTAVES) return UNDECIDED;
  const offset = segmentOffset(high, octave);
  const scaled = sigma * evaluateQuantile(high, low, table, offset);
  const n = floor(scaled + 0.5);
  return abs(scaled - n) < HALF - sigma * (table[offset + 1] as number) ? n : UNDECIDED;
}

/** The segment's polynomial, of degree 8 in the distance of v from the segment's centre, by Estrin's scheme. */
export function evaluateQuantile(high: number, low: number, table: Float64Array, offset: number): number {
  const t = ((table[offset] as number) - high) * 2 ** 32 - low;
  const t2 = t * t;
  const a12 = (table[offset + 3] as number) + (table[offset + 4] as number) * t;
  const a34 = (table[offset + 5] as number) + (table[offset + 6] as number) * t;
  const a56 = (table[offset + 7] as number) + (table[offset + 8] as number) * t;
  const a78 = (table[offset + 9] as number) + (table[offset + 10] as number) * t;
  return (table[offset + 2] as number) + (a12 + a34 * t2 + (a56 + a78 * t2) * (t2 * t2)) * t;
}

function guessMagnitude(high: number, low: number, sigma: number): number {
  const octave = clz32(high);
  const x = octave > OCTAVES ? 6 : evaluateQuantile(high, low, quantileTable(), segmentOffset(high, octave));
  return floor(sigma * x);
}
