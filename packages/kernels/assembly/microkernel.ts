/**
 * The one loop that all products share: a tile of up to 4 rows and 8 columns, held in registers, of
 *
 *   out[r, c] (+)= sum over (y, z) of x[o_r + y * yStride + z * zStride] * d[y * zs + z, c]
 *
 * All strides and offsets count bytes. x's rows start at x + o0 .. x + o3, d's row p at d + p * dStride, and d
 * must hold 8 readable columns (pad the last panel). Rows beyond `rows` are computed from whatever o_r says (the
 * caller repeats a valid row) and never stored; columns beyond `columns` are never stored either. Rows and
 * columns never mix, so a NaN stays in its own.
 */
export function tile(
  x: usize,
  o0: usize,
  o1: usize,
  o2: usize,
  o3: usize,
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
  for (let y = 0; y < ys; y++) {
    let p = x + <usize>y * yStride;
    for (let z = 0; z < zs; z++) {
      const d0 = v128.load(d);
      const d1 = v128.load(d, 16);
      let s = v128.load32_splat(p + o0);
      a00 = f32x4.add(a00, f32x4.mul(s, d0));
      a01 = f32x4.add(a01, f32x4.mul(s, d1));
      s = v128.load32_splat(p + o1);
      a10 = f32x4.add(a10, f32x4.mul(s, d0));
      a11 = f32x4.add(a11, f32x4.mul(s, d1));
      s = v128.load32_splat(p + o2);
      a20 = f32x4.add(a20, f32x4.mul(s, d0));
      a21 = f32x4.add(a21, f32x4.mul(s, d1));
      s = v128.load32_splat(p + o3);
      a30 = f32x4.add(a30, f32x4.mul(s, d0));
      a31 = f32x4.add(a31, f32x4.mul(s, d1));
      p += zStride;
      d += dStride;
    }
  }
  storeRow(out, a00, a01, columns, add);
  if (rows > 1) storeRow(out + outStride, a10, a11, columns, add);
  if (rows > 2) storeRow(out + 2 * outStride, a20, a21, columns, add);
  if (rows > 3) storeRow(out + 3 * outStride, a30, a31, columns, add);
}

function storeRow(out: usize, low: v128, high: v128, columns: i32, add: bool): void {
  if (columns >= 4) {
    v128.store(out, add ? f32x4.add(v128.load(out), low) : low);
    if (columns == 8) v128.store(out, add ? f32x4.add(v128.load(out, 16), high) : high, 16);
    else if (columns > 4) storePart(out + 16, high, columns - 4, add);
  } else {
    storePart(out, low, columns, add);
  }
}

/** Stores the first n (1 to 3) lanes, touching nothing beside them. */
function storePart(out: usize, v: v128, n: i32, add: bool): void {
  store<f32>(out, f32x4.extract_lane(v, 0) + (add ? load<f32>(out) : 0));
  if (n > 1) store<f32>(out, f32x4.extract_lane(v, 1) + (add ? load<f32>(out, 4) : 0), 4);
  if (n > 2) store<f32>(out, f32x4.extract_lane(v, 2) + (add ? load<f32>(out, 8) : 0), 8);
}

/**
 * Copies columns [0, n), n <= 8, of `count` rows into a panel of 8 columns, the rest zero, for {@link tile} to
 * read. Element (p, c) of the source lies at d + p * rowStride + c * columnStride.
 */
export function packPanel(
  d: usize,
  count: i32,
  n: i32,
  rowStride: usize,
  columnStride: usize,
  panel: usize,
): void {
  if (n == 8 && columnStride == 4) {
    for (let p = 0; p < count; p++) {
      v128.store(panel, v128.load(d));
      v128.store(panel, v128.load(d, 16), 16);
      panel += 32;
      d += rowStride;
    }
    return;
  }
  for (let p = 0; p < count; p++) {
    for (let c = 0; c < 8; c++) {
      store<f32>(panel + ((<usize>c) << 2), c < n ? load<f32>(d + <usize>c * columnStride) : 0);
    }
    panel += 32;
    d += rowStride;
  }
}
