import {packPanel, rowTile, tile} from './microkernel';

/**
 * One image's gradient of a convolution filter, or of a dense weight over several positions:
 *
 *   out[k, f] (+)= sum over positions p = (y, z) of x[y * yStride + z * zStride + offset(k)] * d[p, f]
 *
 * with offset(k) = (k / run) * runStride + 4 * (k % run): a filter's row is a run of kw * C neighbouring values, a
 * dense weight's rows are a single run. d: [ys * zs, columns], out: [runs * run, columns]. panel: scratch of
 * ys * zs * 32 bytes, used if columns is no multiple of 8. Nothing outside the positions' windows is read.
 */
export function filterGradient(
  x: usize,
  ys: i32,
  zs: i32,
  yStride: usize,
  zStride: usize,
  runs: i32,
  run: i32,
  runStride: usize,
  d: usize,
  columns: i32,
  out: usize,
  panel: usize,
  add: bool,
): void {
  const stride = (<usize>columns) << 2;
  const positions = ys * zs;
  if (positions == 0) {
    if (!add) memory.fill(out, 0, <usize>(runs * run) * stride);
    return;
  }
  const tail = columns & 7;
  if (tail > 0) packPanel(d + ((<usize>(columns - tail)) << 2), positions, tail, stride, 4, panel);
  for (let r = 0; r < runs; r++, x += runStride, out += <usize>run * stride) {
    for (let k = 0; k < run;) {
      const single = run < 4;
      // The last tile of a run overlaps the one before it, and stores only what is new.
      const start = single ? k : min(k, run - 4);
      const row = x + ((<usize>start) << 2);
      const target = out + <usize>start * stride;
      for (let f = 0; f < columns; f += 8) {
        const at = (<usize>f) << 2;
        const width = min(columns - f, 8);
        const source = width == 8 ? d + at : panel;
        const sourceStride = width == 8 ? stride : 32;
        if (single) {
          rowTile(row, ys, zs, yStride, zStride, source, sourceStride, target + at, width, add);
        } else {
          tile(
            row,
            ys,
            zs,
            yStride,
            zStride,
            source,
            sourceStride,
            target + at,
            stride,
            k - start,
            4,
            width,
            add,
          );
        }
      }
      k = single ? k + 1 : start + 4;
    }
  }
}
