// The loops that all products share: a tile of 4 rows and 8 columns, held in registers, of
//
//   out[r, c] (+)= sum over y < ys, z < zs of x[r, y * yStride + z * zStride] * d[y * zs + z, c]
//
// Strides and offsets count bytes; ys and zs are at least 1; d has 8 readable columns in each row (the last
// panel of a matrix is padded by packPanel). Rows [from, to) and columns [0, columns) are stored, nothing else is
// touched. Rows and columns never mix, so a NaN stays in its own.

/** The tile whose four rows are neighbours: row r lies at x + 4 r. */
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
  from: i32,
  to: i32,
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
  if (columns == 8 && to - from == 4) {
    storeFull(out, a00, a01, add);
    storeFull(out + outStride, a10, a11, add);
    storeFull(out + 2 * outStride, a20, a21, add);
    storeFull(out + 3 * outStride, a30, a31, add);
    return;
  }
  if (from <= 0) storeRow(out, a00, a01, columns, add);
  if (from <= 1 && to > 1) storeRow(out + outStride, a10, a11, columns, add);
  if (from <= 2 && to > 2) storeRow(out + 2 * outStride, a20, a21, columns, add);
  if (to > 3) storeRow(out + 3 * outStride, a30, a31, columns, add);
}

/** A single row of a tile. */
export function rowTile(
  x: usize,
  ys: i32,
  zs: i32,
  yStride: usize,
  zStride: usize,
  d: usize,
  dStride: usize,
  out: usize,
  columns: i32,
  add: bool,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  do {
    let p = x;
    let z = zs;
    do {
      const s = v128.load32_splat(p);
      a0 = f32x4.add(a0, f32x4.mul(s, v128.load(d)));
      a1 = f32x4.add(a1, f32x4.mul(s, v128.load(d, 16)));
      p += zStride;
      d += dStride;
    } while (--z);
    x += yStride;
  } while (--ys);
  storeRow(out, a0, a1, columns, add);
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

/**
 * Copies columns [0, columns) of `rows` rows to a panel of 8 columns, the rest zero. Element (p, c) of the source
 * lies at d + p * rowStride + c * columnStride.
 */
export function packPanel(
  d: usize,
  rows: i32,
  columns: i32,
  rowStride: usize,
  columnStride: usize,
  panel: usize,
): void {
  if (columns == 8 && columnStride == 4) {
    for (let p = 0; p < rows; p++, panel += 32, d += rowStride) {
      v128.store(panel, v128.load(d));
      v128.store(panel, v128.load(d, 16), 16);
    }
    return;
  }
  for (let p = 0; p < rows; p++, panel += 32, d += rowStride) {
    let c = 0;
    for (let q = d; c < columns; c++, q += columnStride) store<f32>(panel + ((<usize>c) << 2), load<f32>(q));
    for (; c < 8; c++) store<f32>(panel + ((<usize>c) << 2), 0);
  }
}
