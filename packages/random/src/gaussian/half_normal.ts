/**
 * The half normal law of |X|, X standard normal, in integer arithmetic of any precision. Nothing here
 * depends on a platform's Math functions.
 */

/** Beyond this b, T(b) < 2^-292: less than a tenth of the last place at any precision asked for here. */
const END = 20n;

/** The tail returned by {@link halfNormal} is within this many units of its last place. */
export const TAIL_ERROR = 1n;

/** Fractional bits of the working precision beyond those of the result. */
const GUARD_BITS = 20;

/** Fractional bits of the stored constant, at least those of any working precision. */
const CONSTANT_BITS = 320;

/** The exponential's argument is divided by 2^HALVINGS before its series. */
const HALVINGS = 8;

let cachedRootTwoOverPi: bigint | undefined;

/** Values of the half normal law at one point, times 2^bits. */
export interface HalfNormal {
  /** T(b) = P(|X| > b) = erfc(b / sqrt 2), within {@link TAIL_ERROR}. */
  readonly tail: bigint;
  /** -T'(b) = sqrt(2/pi) exp(-b^2 / 2), within one unit too. */
  readonly density: bigint;
}

/**
 * Tail and density at b = numerator / denominator, for T(b) = 1 - sqrt(2/pi) exp(-b^2 / 2) sum_k b^(2k+1) /
 * (1 * 3 * ... * (2k+1)) (Abramowitz and Stegun 26.2.11).
 *
 * Error, in units of the working precision, with w = b^2 / 2 <= 200 and K < 1024 terms: flooring b moves T
 * by at most 1 (|T'| < 1). In the sum, flooring b^2 costs (b/2) e^w, and two floors a term give e_k <=
 * e_{k-1} 2w / (2k+1) + 2, thus 2 K e^w together; the series ends where a term floors to 0, by then 2w /
 * (2k+1) < 1/2, so that what is left out is below 2 (1 + e_k). Divided by e^w that is below 2^12. The
 * exponential is right to 2^17 units relative to its size (see there). With 20 guard bits all of it is
 * below 2^-2 units of the result, and rounding adds 2^-1.
 *
 * @param numerator of b, >= 0.
 * @param denominator of b, > 0.
 * @param bits fractional bits of the results, at most 288.
 */
export function halfNormal(numerator: bigint, denominator: bigint, bits: number): HalfNormal {
  if (numerator >= END * denominator) return {tail: 0n, density: 0n};
  const workingBits = bits + GUARD_BITS;
  const shift = BigInt(workingBits);
  const b = (numerator << shift) / denominator;
  const square = (b * b) >> shift;

  let term = b;
  let sum = term;
  for (let odd = 3n; term !== 0n; odd += 2n) {
    term = ((term * square) >> shift) / odd;
    sum += term;
  }
  const scale = rootTwoOverPi() >> BigInt(CONSTANT_BITS - workingBits);
  const exponential = exp(square >> 1n, workingBits);
  const inside = (scale * sum) / exponential;
  return {
    tail: dropGuardBits((1n << shift) - inside),
    density: dropGuardBits((scale << shift) / exponential),
  };
}

function dropGuardBits(value: bigint): bigint {
  return (value + (1n << BigInt(GUARD_BITS - 1))) >> BigInt(GUARD_BITS);
}

/**
 * exp(w) times 2^bits for w = scaled / 2^bits in [0, 200]: the series at r = w / 2^8 < 1, squared 8 times.
 *
 * Error relative to the value, in units of 2^-bits: below 1 from flooring r, 2 K e^r <= 2^9 from the series
 * (K < 90 terms), both doubled 8 times; each squaring adds 1, doubled by those after it: below 2^17.
 */
export function exp(scaled: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const r = scaled >> BigInt(HALVINGS);
  let term = 1n << shift;
  let sum = term;
  for (let k = 1n; term !== 0n; k++) {
    term = ((term * r) >> shift) / k;
    sum += term;
  }
  for (let i = 0; i < HALVINGS; i++) sum = (sum * sum) >> shift;
  return sum;
}

/** sqrt(2/pi) times 2^CONSTANT_BITS. */
function rootTwoOverPi(): bigint {
  if (cachedRootTwoOverPi === undefined) {
    const scale = BigInt(3 * CONSTANT_BITS + 1);
    cachedRootTwoOverPi = integerRoot((1n << scale) / pi(CONSTANT_BITS));
  }
  return cachedRootTwoOverPi;
}

/** pi times 2^bits, by Machin's formula pi = 16 arctan(1/5) - 4 arctan(1/239). */
export function pi(bits: number): bigint {
  const guardBits = 16n;
  const one = 1n << (BigInt(bits) + guardBits);
  return (16n * inverseTangentOfInverse(5n, one) - 4n * inverseTangentOfInverse(239n, one)) >> guardBits;
}

function inverseTangentOfInverse(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  for (let k = 1n; power !== 0n; k++) {
    power /= -x * x;
    sum += power / (2n * k + 1n);
  }
  return sum;
}

/** The integer part of the square root of n >= 1, by Newton's iteration from above. */
export function integerRoot(n: bigint): bigint {
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
