/** out[c] (+)= sum of d[p, c] over the rows p of d: [rows, columns]. */
export function columnSums(d: usize, rows: i32, columns: i32, out: usize, add: bool): void {
  const stride = (<usize>columns) << 2;
  let c = 0;
  for (; c + 16 <= columns; c += 16, d += 64, out += 64) {
    let s0 = add ? v128.load(out) : f32x4.splat(0);
    let s1 = add ? v128.load(out, 16) : f32x4.splat(0);
    let s2 = add ? v128.load(out, 32) : f32x4.splat(0);
    let s3 = add ? v128.load(out, 48) : f32x4.splat(0);
    for (let p = 0, q = d; p < rows; p++, q += stride) {
      s0 = f32x4.add(s0, v128.load(q));
      s1 = f32x4.add(s1, v128.load(q, 16));
      s2 = f32x4.add(s2, v128.load(q, 32));
      s3 = f32x4.add(s3, v128.load(q, 48));
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
  }
  for (; c < columns; c++, d += 4, out += 4) {
    let s: f32 = add ? load<f32>(out) : 0;
    for (let p = 0, q = d; p < rows; p++, q += stride) s += load<f32>(q);
    store<f32>(out, s);
  }
}

/** Values summed before the running total is touched: bounds the depth, and so the error, of the summation. */
const CHUNK: i32 = 4096;

/**
 * The sum of squares of n float32 values in float64. Squares of float32 are exact in float64, so only the
 * additions round: at most CHUNK / 8 + 4 + n / CHUNK of them lie between a square and the result, each with a
 * relative error of 2^-53 (all terms are positive), which is below 3e-11 for any n that fits in 4 GiB.
 */
export function sumOfSquares(a: usize, n: i32): f64 {
  let total: f64 = 0;
  while (n >= CHUNK) {
    total += chunkOfSquares(a, CHUNK);
    a += (<usize>CHUNK) << 2;
    n -= CHUNK;
  }
  return total + chunkOfSquares(a, n);
}

function chunkOfSquares(a: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let i = 0;
  for (; i + 8 <= n; i += 8, a += 32) {
    const v0 = f64x2.promote_low_f32x4(v128.load64_zero(a));
    const v1 = f64x2.promote_low_f32x4(v128.load64_zero(a, 8));
    const v2 = f64x2.promote_low_f32x4(v128.load64_zero(a, 16));
    const v3 = f64x2.promote_low_f32x4(v128.load64_zero(a, 24));
    s0 = f64x2.add(s0, f64x2.mul(v0, v0));
    s1 = f64x2.add(s1, f64x2.mul(v1, v1));
    s2 = f64x2.add(s2, f64x2.mul(v2, v2));
    s3 = f64x2.add(s3, f64x2.mul(v3, v3));
  }
  s0 = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let total = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (; i < n; i++, a += 4) {
    const v = <f64>load<f32>(a);
    total += v * v;
  }
  return total;
}

/**
 * sums[j] += round(scale * a[j]) for n float32 values and float64 sums. Ties go to even. Sums are exact as long as
 * they stay below 2^53.
 */
export function accumulate(a: usize, n: i32, scale: f64, sums: usize): void {
  const factor = f64x2.splat(scale);
  let i = 0;
  for (; i + 8 <= n; i += 8, a += 32, sums += 64) {
    add2(sums, f64x2.promote_low_f32x4(v128.load64_zero(a)), factor);
    add2(sums + 16, f64x2.promote_low_f32x4(v128.load64_zero(a, 8)), factor);
    add2(sums + 32, f64x2.promote_low_f32x4(v128.load64_zero(a, 16)), factor);
    add2(sums + 48, f64x2.promote_low_f32x4(v128.load64_zero(a, 24)), factor);
  }
  for (; i < n; i++, a += 4, sums += 8) add1(sums, <f64>load<f32>(a), scale);
}

/**
 * sums[k, f] += round(scale * x[k] * d[f]): the outer product x^T d, in float64 and never stored. Takes four rows
 * at a time, along which the sums are read and written in order.
 */
export function accumulateOuter(x: usize, rows: i32, d: usize, columns: i32, scale: f64, sums: usize): void {
  const stride = (<usize>columns) << 3;
  let k = 0;
  for (; k + 4 <= rows; k += 4, x += 16, sums += 4 * stride) {
    const x0 = <f64>load<f32>(x) * scale;
    const x1 = <f64>load<f32>(x, 4) * scale;
    const x2 = <f64>load<f32>(x, 8) * scale;
    const x3 = <f64>load<f32>(x, 12) * scale;
    const s0 = f64x2.splat(x0);
    const s1 = f64x2.splat(x1);
    const s2 = f64x2.splat(x2);
    const s3 = f64x2.splat(x3);
    let row = sums;
    let q = d;
    let f = 0;
    for (; f + 4 <= columns; f += 4, q += 16, row += 32) {
      const v = v128.load(q);
      const low = f64x2.promote_low_f32x4(v);
      const high = f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
      add2(row, low, s0);
      add2(row + 16, high, s0);
      add2(row + stride, low, s1);
      add2(row + stride + 16, high, s1);
      add2(row + 2 * stride, low, s2);
      add2(row + 2 * stride + 16, high, s2);
      add2(row + 3 * stride, low, s3);
      add2(row + 3 * stride + 16, high, s3);
    }
    for (; f < columns; f++, q += 4, row += 8) {
      const v = <f64>load<f32>(q);
      add1(row, v, x0);
      add1(row + stride, v, x1);
      add1(row + 2 * stride, v, x2);
      add1(row + 3 * stride, v, x3);
    }
  }
  for (; k < rows; k++, x += 4, sums += stride) accumulate(d, columns, <f64>load<f32>(x) * scale, sums);
}

function add2(sums: usize, value: v128, factor: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.nearest(f64x2.mul(value, factor))));
}

function add1(sum: usize, value: f64, factor: f64): void {
  store<f64>(sum, load<f64>(sum) + nearest<f64>(value * factor));
}
