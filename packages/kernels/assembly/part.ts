/** The first n (1 to 4) of four values; nothing beyond them is read. */
// @ts-ignore: decorator
@inline
export function loadPart(a: usize, n: i32): v128 {
  return n == 4 ? v128.load(a) : loadLess(a, n);
}

function loadLess(a: usize, n: i32): v128 {
  let v = v128.load32_zero(a);
  if (n > 1) v = f32x4.replace_lane(v, 1, load<f32>(a, 4));
  if (n > 2) v = f32x4.replace_lane(v, 2, load<f32>(a, 8));
  return v;
}

/** Writes the first n (1 to 4) values and nothing beyond them. */
// @ts-ignore: decorator
@inline
export function storePart(a: usize, v: v128, n: i32): void {
  if (n == 4) v128.store(a, v);
  else storeLess(a, v, n);
}

function storeLess(a: usize, v: v128, n: i32): void {
  store<f32>(a, f32x4.extract_lane(v, 0));
  if (n > 1) store<f32>(a, f32x4.extract_lane(v, 1), 4);
  if (n > 2) store<f32>(a, f32x4.extract_lane(v, 2), 8);
}
