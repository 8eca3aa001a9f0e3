import {packPanel, tile} from './microkernel';

/**
 * One image's gradient of a convolution filter, or of a dense weight over several positions:
 *
 *   out[k, f] (+)= sum over positions p = (y, z) of x[y * yStride + z * zStride + offset(k)] * d[p, f]
 *
 * with offset(k) = (k / run) * runStride + 4 * (k % run): a filter row is a run of kw * C values, a dense row is
 * a single run. x: no value outside the positions' windows is read. d: [ys * zs, columns]. out: [rows, columns].
 * panel: ys * zs * 32 bytes of scratch, used only if columns is no multiple of 8. Strides count bytes.
 */
export function filterGradient(
  x: usize,
  ys: i32,
  zs: i32,
  yStride: usize,
  zStride: usize,
  rows: i32,
  run: i32,
  runStride: usize,
  d: usize,
  columns: i32,
  out: usize,
  panel: usize,
  add: bool,
): void {
  const outStride = (<usize>columns) << 2;
  const last = rows - 1;
  for (let f = 0; f < columns; f += 8) {
    const width = min(columns - f, 8);
    const column = (<usize>f) << 2;
    let source = d + column;
    let sourceStride = outStride;
    if (width < 8) {
      packPanel(source, ys * zs, width, outStride, 4, panel);
      source = panel;
      sourceStride = 32;
    }
    for (let k = 0; k < rows; k += 4) {
      const o0 = offset(k, run, runStride);
      const o1 = offset(min(k + 1, last), run, runStride);
      const o2 = offset(min(k + 2, last), run, runStride);
      const o3 = offset(min(k + 3, last), run, runStride);
      tile(
        x,
        o0,
        o1,
        o2,
        o3,
        ys,
        zs,
        yStride,
        zStride,
        source,
        sourceStride,
        out + <usize>k * outStride + column,
        outStride,
        min(rows - k, 4),
        width,
        add,
      );
    }
  }
}

function offset(k: i32, run: i32, runStride: usize): usize {
  return <usize>(<u32>k / <u32>run) * runStride + <usize>((<u32>k % <u32>run) << 2);
}
