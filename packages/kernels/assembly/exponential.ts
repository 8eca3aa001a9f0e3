// Exponentials by polynomials of 4 lanes: a call of Mathf would bring a data segment along. Coefficients are those of the
// Cephes library (S. L. Moshier, expf and tanhf). Errors against float64 are in the tests.

/** out[i] = exp(a[i]) for n float32 values; a and out may be the same. */
export function exp(a: usize, n: i32, out: usize): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, a += 16, out += 16) v128.store(out, exp4(v128.load(a)));
  for (; i < n; i++, a += 4, out += 4) storeFirst(out, exp4(v128.load32_splat(a)));
}

/** The same for the hyperbolic tangent. */
export function tanh(a: usize, n: i32, out: usize): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, a += 16, out += 16) v128.store(out, tanh4(v128.load(a)));
  for (; i < n; i++, a += 4, out += 4) storeFirst(out, tanh4(v128.load32_splat(a)));
}

function storeFirst(out: usize, v: v128): void {
  store<f32>(out, f32x4.extract_lane(v, 0));
}

/** Adding 1.5 * 2^23 rounds to the nearest integer, which then stands in the low bits. */
const MAGIC: f32 = 12582912;
const MAGIC_BITS: i32 = 0x4b400000;

/** x / ln(2), rounded, as a number that holds the integer in its low bits. */
// @ts-ignore: decorator
@inline
function shiftedPower(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504088896341)), f32x4.splat(MAGIC));
}

/** exp(x) / 2^k for the k of {@link shiftedPower}. */
// @ts-ignore: decorator
@inline
function expOfRest(x: v128, shifted: v128): v128 {
  const k = f32x4.sub(shifted, f32x4.splat(MAGIC));
  // ln(2) in two parts, of which k times the first is exact.
  let r = f32x4.sub(x, f32x4.mul(k, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(k, f32x4.splat(2.12194440e-4)));
  let p = f32x4.add(f32x4.mul(r, f32x4.splat(1.9875691500e-4)), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  return f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1));
}

/** Any x. NaN stays; beyond float32's range the result is 0 or Infinity. */
// @ts-ignore: decorator
@inline
function exp4(x: v128): v128 {
  // Beyond these bounds the result no longer changes, and k stays small enough for the two factors. These minima keep x
  // where the comparison fails, so that NaN stays.
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const shifted = shiftedPower(x);
  // 2^k as two factors, since k may lie beyond the exponents of normal numbers.
  const power = i32x4.sub(shifted, i32x4.splat(MAGIC_BITS));
  const half = i32x4.shr_s(power, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(power, half), bias), 23);
  return f32x4.mul(f32x4.mul(expOfRest(x, shifted), first), second);
}

/** 1 / (1 + exp(-x)), from exp(-|x|), which is at most 1: accurate for negative x too, where the result is small. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const numerator = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(one, e));
}

/** An odd polynomial near 0, where 1 - 2 / (exp(2 |x|) + 1) would cancel. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.abs(x);
  // From 9.1 on the result is 1; NaN stays.
  const twice = f32x4.pmin(f32x4.add(size, size), f32x4.splat(20));
  const shifted = shiftedPower(twice);
  const scale = i32x4.shl(i32x4.sub(shifted, i32x4.splat(MAGIC_BITS - 127)), 23);
  const e = f32x4.mul(expOfRest(twice, shifted), scale);
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const z = f32x4.mul(x, x);
  let p = f32x4.add(f32x4.mul(z, f32x4.splat(-5.70498872745e-3)), f32x4.splat(2.06390887954e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.33314422036e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-3.33332819422e-1));
  const small = f32x4.add(x, f32x4.mul(f32x4.mul(p, z), x));
  return v128.or(v128.bitselect(small, large, f32x4.lt(size, f32x4.splat(0.625))), sign);
}
