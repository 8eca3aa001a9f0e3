// The loops that all products share: a tile of 4 rows and 8 columns, held in registers, of
//
//   out[r, c] (+)= sum over y < ys, z < zs of x_r[y * yStride + z * zStride] * d[y * zs + z, c]
//
// Strides count bytes; ys and zs are at least 1; d has 8 readable columns in each row (packPanel pads the last
// panel of a matrix). The first `rows` rows and `columns` columns are stored, nothing else is touched. Rows and
// columns never mix, so a NaN stays in its own.

/**
 * The tile of packed factors (pack4, packPanel): rows and columns lie side by side. The same loop as below with strides
 * that the compiler knows, which makes it 5 % faster; inlined from one source, or two steps at a time, it is slower.
 */
// @ts-ignore: decorator
@inline
export function packedTile(
  p: usize,
  steps: i32,
  d: usize,
  out: usize,
  outStride: usize,
  rows: i32,
  columns: i32,
  add: bool,
): void {
  let a00 = f32x4.splat(0);
  let a01 = a00;
  let a10 = a00;
  let a11 = a00;
  let a20 = a00;
  let a21 = a00;
  let a30 = a00;
  let a31 = a00;
  let d0: v128, d1: v128, s: v128;
  let z = steps;
  for (; z >= 1; z -= 1) {
    d0 = v128.load(d);
    d1 = v128.load(d, 16);
    s = v128.load32_splat(p);
    a00 = f32x4.add(a00, f32x4.mul(s, d0));
    a01 = f32x4.add(a01, f32x4.mul(s, d1));
    s = v128.load32_splat(p, 4);
    a10 = f32x4.add(a10, f32x4.mul(s, d0));
    a11 = f32x4.add(a11, f32x4.mul(s, d1));
    s = v128.load32_splat(p, 8);
    a20 = f32x4.add(a20, f32x4.mul(s, d0));
    a21 = f32x4.add(a21, f32x4.mul(s, d1));
    s = v128.load32_splat(p, 12);
    a30 = f32x4.add(a30, f32x4.mul(s, d0));
    a31 = f32x4.add(a31, f32x4.mul(s, d1));
    p += 16;
    d += 32;
  }
  if (rows == 4 && columns == 8) {
    storeFull(out, a00, a01, add);
    storeFull(out + outStride, a10, a11, add);
    storeFull(out + 2 * outStride, a20, a21, add);
    storeFull(out + 3 * outStride, a30, a31, add);
  } else {
    storeTile(out, outStride, rows, columns, add, a00, a01, a10, a11, a20, a21, a30, a31);
  }
}

/** The tile whose four rows are neighbours: x_r lies at x + 4 r. */
export function tile(
  x: usize,
  ys: i32,
  zs: i32,
  yStride: usize,
  zStride: usize,
  d: usize,
  dStride: usize,
  out: usize,
  outStride: usize,
  rows: i32,
  columns: i32,
  add: bool,
): void {
  let a00 = f32x4.splat(0);
  let a01 = a00;
  let a10 = a00;
  let a11 = a00;
  let a20 = a00;
  let a21 = a00;
  let a30 = a00;
  let a31 = a00;
  do {
    let p = x;
    let z = zs;
    do {
      const d0 = v128.load(d);
      const d1 = v128.load(d, 16);
      let s = v128.load32_splat(p);
      a00 = f32x4.add(a00, f32x4.mul(s, d0));
      a01 = f32x4.add(a01, f32x4.mul(s, d1));
      s = v128.load32_splat(p, 4);
      a10 = f32x4.add(a10, f32x4.mul(s, d0));
      a11 = f32x4.add(a11, f32x4.mul(s, d1));
      s = v128.load32_splat(p, 8);
      a20 = f32x4.add(a20, f32x4.mul(s, d0));
      a21 = f32x4.add(a21, f32x4.mul(s, d1));
      s = v128.load32_splat(p, 12);
      a30 = f32x4.add(a30, f32x4.mul(s, d0));
      a31 = f32x4.add(a31, f32x4.mul(s, d1));
      p += zStride;
      d += dStride;
    } while (--z);
    x += yStride;
  } while (--ys);
  if (rows == 4 && columns == 8) {
    storeFull(out, a00, a01, add);
    storeFull(out + outStride, a10, a11, add);
    storeFull(out + 2 * outStride, a20, a21, add);
    storeFull(out + 3 * outStride, a30, a31, add);
  } else {
    storeTile(out, outStride, rows, columns, add, a00, a01, a10, a11, a20, a21, a30, a31);
  }
}

/** The tile whose rows lie anywhere, x_r at p_r. Rows that are not stored may repeat one that is. */
export function gatherTile(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  ys: i32,
  zs: i32,
  yStride: usize,
  zStride: usize,
  d: usize,
  dStride: usize,
  out: usize,
  outStride: usize,
  rows: i32,
  columns: i32,
  add: bool,
): void {
  let a00 = f32x4.splat(0);
  let a01 = a00;
  let a10 = a00;
  let a11 = a00;
  let a20 = a00;
  let a21 = a00;
  let a30 = a00;
  let a31 = a00;
  const yStep = yStride - <usize>zs * zStride;
  do {
    let z = zs;
    do {
      const d0 = v128.load(d);
      const d1 = v128.load(d, 16);
      let s = v128.load32_splat(p0);
      a00 = f32x4.add(a00, f32x4.mul(s, d0));
      a01 = f32x4.add(a01, f32x4.mul(s, d1));
      s = v128.load32_splat(p1);
      a10 = f32x4.add(a10, f32x4.mul(s, d0));
      a11 = f32x4.add(a11, f32x4.mul(s, d1));
      s = v128.load32_splat(p2);
      a20 = f32x4.add(a20, f32x4.mul(s, d0));
      a21 = f32x4.add(a21, f32x4.mul(s, d1));
      s = v128.load32_splat(p3);
      a30 = f32x4.add(a30, f32x4.mul(s, d0));
      a31 = f32x4.add(a31, f32x4.mul(s, d1));
      p0 += zStride;
      p1 += zStride;
      p2 += zStride;
      p3 += zStride;
      d += dStride;
    } while (--z);
    p0 += yStep;
    p1 += yStep;
    p2 += yStep;
    p3 += yStep;
  } while (--ys);
  storeTile(out, outStride, rows, columns, add, a00, a01, a10, a11, a20, a21, a30, a31);
}

function storeTile(
  out: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  add: bool,
  a00: v128,
  a01: v128,
  a10: v128,
  a11: v128,
  a20: v128,
  a21: v128,
  a30: v128,
  a31: v128,
): void {
  storeRow(out, a00, a01, columns, add);
  if (rows > 1) storeRow(out + stride, a10, a11, columns, add);
  if (rows > 2) storeRow(out + 2 * stride, a20, a21, columns, add);
  if (rows > 3) storeRow(out + 3 * stride, a30, a31, columns, add);
}

function storeRow(out: usize, low: v128, high: v128, columns: i32, add: bool): void {
  if (columns == 8) {
    storeFull(out, low, high, add);
  } else if (columns >= 4) {
    v128.store(out, add ? f32x4.add(v128.load(out), low) : low);
    if (columns > 4) storePart(out + 16, high, columns - 4, add);
  } else {
    storePart(out, low, columns, add);
  }
}

function storeFull(out: usize, low: v128, high: v128, add: bool): void {
  if (add) {
    low = f32x4.add(v128.load(out), low);
    high = f32x4.add(v128.load(out, 16), high);
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}

/** The first n (1 to 3) lanes. */
function storePart(out: usize, v: v128, n: i32, add: bool): void {
  store<f32>(out, f32x4.extract_lane(v, 0) + (add ? load<f32>(out) : 0));
  if (n > 1) store<f32>(out, f32x4.extract_lane(v, 1) + (add ? load<f32>(out, 4) : 0), 4);
  if (n > 2) store<f32>(out, f32x4.extract_lane(v, 2) + (add ? load<f32>(out, 8) : 0), 8);
}
