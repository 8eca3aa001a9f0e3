/** out[c] (+)= sum of d[p, c] over the rows p of d: [rows, columns]. */
export function columnSums(d: usize, rows: i32, columns: i32, out: usize, add: bool): void {
  const stride = (<usize>columns) << 2;
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    const at = (<usize>c) << 2;
    let s = add ? v128.load(out + at) : f32x4.splat(0);
    for (let p = 0, q = d + at; p < rows; p++, q += stride) s = f32x4.add(s, v128.load(q));
    v128.store(out + at, s);
  }
  for (; c < columns; c++) {
    const at = (<usize>c) << 2;
    let s: f32 = add ? load<f32>(out + at) : 0;
    for (let p = 0, q = d + at; p < rows; p++, q += stride) s += load<f32>(q);
    store<f32>(out + at, s);
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

/** 1.5 * 2^52: adding and subtracting it rounds |t| < 2^51 to the nearest integer, ties to even. */
const ROUND: f64 = 6755399441055744.0;

/** sums[j] += round(scale * a[j]) for n float32 values and float64 sums. */
export function accumulate(a: usize, n: i32, scale: f64, sums: usize): void {
  const factor = f64x2.splat(scale);
  const magic = f64x2.splat(ROUND);
  let i = 0;
  for (; i + 4 <= n; i += 4, a += 16, sums += 32) {
    const t0 = f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(a)), factor);
    const t1 = f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(a, 8)), factor);
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.sub(f64x2.add(t0, magic), magic)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.sub(f64x2.add(t1, magic), magic)), 16);
  }
  for (; i < n; i++, a += 4, sums += 8) {
    const t = <f64>load<f32>(a) * scale;
    store<f64>(sums, load<f64>(sums) + (t + ROUND - ROUND));
  }
}

/** sums[k, f] += round(scale * x[k] * d[f]): the rank-one gradient of a dense weight, never stored. */
export function accumulateOuter(x: usize, rows: i32, d: usize, columns: i32, scale: f64, sums: usize): void {
  const stride = (<usize>columns) << 3;
  for (let k = 0; k < rows; k++, x += 4, sums += stride) {
    const factor = <f64>load<f32>(x) * scale;
    // The products are exact zeros: everything here is finite, or the example would have been left out.
    if (factor != 0) accumulate(d, columns, factor, sums);
  }
}
