import {halfNormal} from './half_normal.js';

/**
 * The quantile function of the half normal in double arithmetic with a proved error bound: a table of
 * Taylor polynomials of x(v), the x with P(|X| > x) = v, for v in [2^-24, 1). Reading it takes only IEEE
 * additions and multiplications, so the bound holds on every engine.
 *
 * v is seen as V = v 2^63, whose integer part is 63 random bits: 31 from one word (`high`), 32 from the
 * next (`low`). The table splits (0, 1) into octaves [2^-e, 2^(1-e)), e = 1 .. 24 being the count of
 * leading zeros of `high` as 32-bit integer, and each octave into 32 equal segments.
 */

/** Octaves of v in the table: smaller v is left to the exact path, once in 2^24 draws. */
export const OCTAVES = 24;
const SEGMENTS = 32;
export const DEGREE = 8;
/** Doubles a segment: centre of `high`, error bound of x, coefficients of degree 0 to DEGREE. */
export const STRIDE = 3 + DEGREE;

/** Half a unit in the last place of 1: the relative error of one rounded operation. */
const UNIT = 2 ** -53;
/** Degrees beyond DEGREE that are summed to bound what the polynomial leaves out. */
const EXTRA_TERMS = 8;
/** Precision of the integer arithmetic that makes the table. */
const BITS = 96;

let cachedTable: Float64Array | undefined;

/** Where a segment's doubles start; `octave` is Math.clz32(high), in 1 .. OCTAVES. */
export function segmentOffset(high: number, octave: number): number {
  return ((octave << 5) + ((high << octave) >>> 26) - 64) * STRIDE;
}

/** The table, made at the first call (in about 30 ms) and kept. */
export function quantileTable(): Float64Array {
  cachedTable ??= makeTable();
  return cachedTable;
}

function makeTable(): Float64Array {
  const table = new Float64Array(OCTAVES * SEGMENTS * STRIDE);
  // Walk down from v = 1, x = 0: each segment's Taylor series gives the next centre's x to about 1e-15, and
  // one Newton step in integers makes it right to 1e-28.
  let v = 1;
  let series = taylorSeries(0, Math.sqrt(Math.PI / 2));
  for (let octave = 1; octave <= OCTAVES; octave++) {
    const radius = 2 ** -octave / SEGMENTS / 2;
    for (let segment = SEGMENTS - 1; segment >= 0; segment--) {
      const centre = 2 ** -octave * (1 + (segment + 0.5) / SEGMENTS);
      const [x, slope] = refine(evaluate(series, v - centre), centre);
      series = taylorSeries(x, slope);
      v = centre;
      const offset = ((octave - 1) * SEGMENTS + segment) * STRIDE;
      table[offset] = centre * 2 ** 31;
      table[offset + 1] = errorBound(series, radius);
      for (let i = 0; i <= DEGREE; i++) table[offset + 2 + i] = (series[i] as number) * 2 ** (-63 * i);
    }
  }
  return table;
}

/** From an approximate quantile x0 of v: the quantile correctly rounded, and -dx/dv there. */
function refine(x0: number, v: number): [x: number, slope: number] {
  // x0 is a double in (0, 6): a multiple of 2^-80 since the first centre is at 0.0098.
  const numerator = BigInt(x0 * 2 ** 80);
  const {tail, density} = halfNormal(numerator, 1n << 80n, BITS);
  const slope = 2 ** BITS / Number(density);
  const step = (Number(tail - BigInt(v * 2 ** BITS)) / 2 ** BITS) * slope;
  return [x0 + step, slope * (1 + x0 * step)];
}

/**
 * Taylor coefficients of x(v - t) in t, up to degree DEGREE + EXTRA_TERMS, from x and y = dx/dt. By
 * P(|X| > x) = v, y = sqrt(pi/2) exp(x^2 / 2), hence dy/dt = x y^2. All of them are >= 0.
 */
function taylorSeries(x: number, slope: number): number[] {
  const xs = [x];
  const ys = [slope];
  const squares: number[] = [];
  for (let i = 0; i < DEGREE + EXTRA_TERMS; i++) {
    xs.push((ys[i] as number) / (i + 1));
    squares.push(convolution(ys, ys, i));
    ys.push(convolution(xs, squares, i) / (i + 1));
  }
  return xs;
}

function convolution(a: readonly number[], b: readonly number[], degree: number): number {
  let sum = 0;
  for (let i = 0; i <= degree; i++) sum += (a[i] as number) * (b[degree - i] as number);
  return sum;
}

function evaluate(series: readonly number[], t: number): number {
  return series.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
}

/**
 * Bounds |sigma x* - fl(sigma x)| / sigma over a segment, x* being the quantile of the real uniform whose
 * leading bits are (high, low), and x what `evaluateQuantile` gives. All coefficients a_i are >= 0 in t =
 * centre - v, so that every sum below is largest at the segment's lower end, t = radius, where x is `end`.
 *
 * - The uniform: |V* - V| <= 1 for the bits not drawn, and t 2^63 = (centre - high) 2^32 - low is rounded
 *   once, by at most radius 2^63 2^-54. Times the largest slope, sum i a_i radius^(i-1).
 * - The truncated series: the next 8 terms. For those after, a_i <= x(c/10) / (9c/10)^i with x(c/10) < 6.5
 *   and radius / c <= 1/65, since sum a_i t^i = x(c - t) with no term negative: less than 2^-90.
 * - Rounding, in units of 2^-53: of the coefficients, a_0 for the first and for degree i >= 1 at most 4 +
 *   32 (i - 1) relative (the slope is right to 4, and the recurrences only add and multiply numbers >= 0);
 *   of the terms of degree i >= 1, at most 11 operations each; of the last addition, `end`; of the product
 *   with sigma, `end`.
 */
function errorBound(series: readonly number[], radius: number): number {
  let end = 0;
  let slope = 0;
  let truncated = 2 ** -90;
  let rounding = 0;
  series.forEach((coefficient, i) => {
    const term = coefficient * radius ** i;
    end += term;
    slope += (i * term) / radius;
    if (i > DEGREE) truncated += term;
    rounding += i === 0 ? term : term * (11 + 4 + 32 * (i - 1));
  });
  const uniform = (2 ** -63 + radius * 2 ** -54) * slope;
  // The last factor covers second order terms and the rounding of this sum.
  return (uniform + truncated + UNIT * (rounding + 2 * end)) * (1 + 2 ** -20);
}
