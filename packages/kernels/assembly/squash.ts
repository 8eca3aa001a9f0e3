import {sigmoid4} from './exponential';

/** A gate's activation; `hard`: 0.2 x + 0.5, clipped to [0, 1]. */
// @ts-ignore: decorator
@inline
export function squash(x: v128, hard: bool): v128 {
  if (!hard) return sigmoid4(x);
  const line = f32x4.add(f32x4.mul(x, f32x4.splat(0.2)), f32x4.splat(0.5));
  // These keep NaN.
  return f32x4.pmax(f32x4.pmin(line, f32x4.splat(1)), f32x4.splat(0));
}

/** The derivative of {@link squash} where its value is s. Of the clipped line it is 0 at the ends. */
// @ts-ignore: decorator
@inline
export function slope(s: v128, hard: bool): v128 {
  const one = f32x4.splat(1);
  if (!hard) return f32x4.mul(s, f32x4.sub(one, s));
  const outside = v128.or(f32x4.eq(s, f32x4.splat(0)), f32x4.eq(s, one));
  return v128.andnot(f32x4.splat(0.2), outside);
}
