import {loadPart} from './part';

// Sums over several examples of small values, each rounded to an integer by itself: four at a time, in float32 and 32-bit
// integers, without an instruction that rounds.
//
// For |v| <= 2^22 the float32 number MAGIC + v lies between 2^23 and 2^24, where float32 numbers are the integers: the
// addition rounds v to the nearest integer n, ties to even since MAGIC is even. Neighbouring numbers there have neighbouring
// bits, so those of MAGIC + v are those of MAGIC plus n. Adding bits as 32-bit integers adds the n, modulo 2^32: the total
// over m examples, less m times the bits of MAGIC, is the sum of the n, as long as that is below 2^31, which m < 2^9 makes
// sure of. So what an example adds depends on its own v alone, nothing is lost, and no order matters. Callers see to |v| and
// m, and to sums below 2^53.

const MAGIC: f32 = 12582912; // 1.5 * 2^23
const MAGIC_BITS: i32 = 0x4b400000;

/** Columns of outer products whose factors are packed at once: 64 KiB for 64 examples stay in the second-level cache. */
const COLUMNS: i32 = 256;

/** Rows of a tile; with 4, an accumulator would not find a register. */
const ROWS: i32 = 3;

/** What totals over `count` examples start from. */
// @ts-ignore: decorator
@inline
function start(count: i32): v128 {
  return i32x4.splat(-count * MAGIC_BITS);
}

/** MAGIC, by a choice that keeps compilers from making the constant anew for every use. */
// @ts-ignore: decorator
@inline
function magicOf(count: i32): v128 {
  return count > 0 ? f32x4.splat(MAGIC) : f32x4.splat(0);
}

/** total + the bits of MAGIC + round(value * factor). */
// @ts-ignore: decorator
@inline
function addRounded(total: v128, value: v128, factor: v128, magic: v128): v128 {
  return i32x4.add(total, f32x4.add(f32x4.mul(value, factor), magic));
}

/** Four float64 sums += a total. */
// @ts-ignore: decorator
@inline
function settle4(sums: usize, total: v128): void {
  const high = i64x2.shuffle(total, total, 1, 1);
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.convert_low_i32x4_s(total)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.convert_low_i32x4_s(high)), 16);
}

// @ts-ignore: decorator
@inline
function settle1(sums: usize, total: i32): void {
  store<f64>(sums, load<f64>(sums) + <f64>total);
}

/**
 * sums[j] += the sum over examples e < count of round(scales[e] * a[e * stride + j]), for n float32 values of each example,
 * float32 scales and float64 sums. Products are rounded to float32 first; ties go to even. stride counts bytes.
 */
export function addRoundedRows(a: usize, n: i32, stride: usize, count: i32, scales: usize, sums: usize): void {
  const end = scales + ((<usize>count) << 2);
  const magic = magicOf(count);
  let j = 0;
  // With more totals, they would not all find a register.
  for (; j + 16 <= n; j += 16, a += 64, sums += 128) {
    let t0 = start(count);
    let t1 = t0;
    let t2 = t0;
    let t3 = t0;
    for (let p = a, s = scales; s < end; s += 4, p += stride) {
      const scale = v128.load32_splat(s);
      t0 = addRounded(t0, v128.load(p), scale, magic);
      t1 = addRounded(t1, v128.load(p, 16), scale, magic);
      t2 = addRounded(t2, v128.load(p, 32), scale, magic);
      t3 = addRounded(t3, v128.load(p, 48), scale, magic);
    }
    settle4(sums, t0);
    settle4(sums + 32, t1);
    settle4(sums + 64, t2);
    settle4(sums + 96, t3);
  }
  for (; j < n; j++, a += 4, sums += 8) {
    let total = -count * MAGIC_BITS;
    for (let p = a, s = scales; s < end; s += 4, p += stride) {
      total += reinterpret<i32>(load<f32>(p) * load<f32>(s) + MAGIC);
    }
    settle1(sums, total);
  }
}

/** Bytes of scratch that {@link addRoundedOuters} needs. */
export function addRoundedOutersScratch(columns: i32, count: i32): usize {
  const panels = (min(columns, COLUMNS) + 7) >> 3;
  return <usize>((2 * panels + 1) * count) << 4;
}

/**
 * sums[k, f] += the sum over examples e < count of round(scales[e] * x_e[k] * d_e[f]): outer products of rows of
 * x: [examples, rows] and d: [examples, columns], never stored. examples: u32 [count], which rows; scales: float32 [count].
 * scale * x is rounded to float32, then the product; ties go to even. A tile's totals stay in registers while all
 * examples are added.
 */
export function addRoundedOuters(
  x: usize,
  rows: i32,
  d: usize,
  columns: i32,
  examples: usize,
  scales: usize,
  count: i32,
  sums: usize,
  scratch: usize,
): void {
  const panel = (<usize>count) << 5;
  const stride = (<usize>columns) << 3;
  const panels = scratch + ((<usize>count) << 4);
  for (let f = 0; f < columns; f += COLUMNS) {
    const width = min(columns - f, COLUMNS);
    for (let c = 0; c < width; c += 8) packColumns(d, columns, f + c, examples, count, panels + <usize>(c >> 3) * panel);
    for (let k = 0; k < rows; k += ROWS) {
      packRows(x, rows, k, examples, scales, count, scratch);
      let target = sums + <usize>k * stride + ((<usize>f) << 3);
      for (let c = 0, q = panels; c < width; c += 8, target += 64, q += panel) {
        outerTile(scratch, q, count, target, stride, min(rows - k, ROWS), min(width - c, 8));
      }
    }
  }
}

/** Eight neighbouring columns of chosen rows of d, zeros beyond its end. */
function packColumns(d: usize, columns: i32, first: i32, examples: usize, count: i32, target: usize): void {
  const stride = (<usize>columns) << 2;
  const from = d + ((<usize>first) << 2);
  const n = columns - first;
  for (let e = 0; e < count; e++, examples += 4, target += 32) {
    const row = from + <usize>load<u32>(examples) * stride;
    v128.store(target, loadPart(row, min(n, 4)));
    v128.store(target, n > 4 ? loadPart(row + 16, min(n - 4, 4)) : f32x4.splat(0), 16);
  }
}

/** Up to four neighbouring columns of chosen rows of x, times the rows' scales. */
function packRows(
  x: usize,
  rows: i32,
  first: i32,
  examples: usize,
  scales: usize,
  count: i32,
  target: usize,
): void {
  const stride = (<usize>rows) << 2;
  const from = x + ((<usize>first) << 2);
  const n = min(rows - first, 4);
  for (let e = 0; e < count; e++, examples += 4, scales += 4, target += 16) {
    const v = loadPart(from + <usize>load<u32>(examples) * stride, n);
    v128.store(target, f32x4.mul(v, v128.load32_splat(scales)));
  }
}

/** Three rows and eight columns of sums, of which the first `rows` and `columns` are stored. */
function outerTile(x: usize, d: usize, count: i32, sums: usize, stride: usize, rows: i32, columns: i32): void {
  const magic = magicOf(count);
  const end = x + ((<usize>count) << 4);
  let t00 = start(count);
  let t01 = t00;
  let t10 = t00;
  let t11 = t00;
  let t20 = t00;
  let t21 = t00;
  for (; x < end; x += 16, d += 32) {
    const low = v128.load(d);
    const high = v128.load(d, 16);
    let s = v128.load32_splat(x);
    t00 = addRounded(t00, low, s, magic);
    t01 = addRounded(t01, high, s, magic);
    s = v128.load32_splat(x, 4);
    t10 = addRounded(t10, low, s, magic);
    t11 = addRounded(t11, high, s, magic);
    s = v128.load32_splat(x, 8);
    t20 = addRounded(t20, low, s, magic);
    t21 = addRounded(t21, high, s, magic);
  }
  settleRow(sums, t00, t01, columns);
  if (rows > 1) settleRow(sums + stride, t10, t11, columns);
  if (rows > 2) settleRow(sums + 2 * stride, t20, t21, columns);
}

// @ts-ignore: decorator
@inline
function settleRow(sums: usize, low: v128, high: v128, columns: i32): void {
  if (columns == 8) {
    settle4(sums, low);
    settle4(sums + 32, high);
  } else {
    settleLess(sums, low, min(columns, 4));
    if (columns > 4) settleLess(sums + 32, high, columns - 4);
  }
}

/** The first n (1 to 4) sums. */
function settleLess(sums: usize, total: v128, n: i32): void {
  settle1(sums, i32x4.extract_lane(total, 0));
  if (n > 1) settle1(sums + 8, i32x4.extract_lane(total, 1));
  if (n > 2) settle1(sums + 16, i32x4.extract_lane(total, 2));
  if (n > 3) settle1(sums + 24, i32x4.extract_lane(total, 3));
}
