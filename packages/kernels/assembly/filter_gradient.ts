import {gatherTile, tile} from './microkernel';
import {packPanel} from './pack';

/** Positions taken at once: their windows' lines and a panel of d then stay in the first-level cache. */
const POSITIONS: i32 = 256;

/** Rows of positions taken at once. */
function blockOf(ys: i32, zs: i32): i32 {
  return max(1, min(ys, POSITIONS / max(1, zs)));
}

/** Bytes of scratch that {@link filterGradient} needs for ys * zs positions. */
export function filterGradientScratch(ys: i32, zs: i32): usize {
  return <usize>(blockOf(ys, zs) * zs * 32);
}

/**
 * One image's gradient of a convolution filter, or of a dense weight over several positions:
 *
 *   out[k, f] (+)= sum over positions p = (y, z) of x[y * yStride + z * zStride + offset(k)] * d[p, f]
 *
 * with offset(k) = (k / run) * runStride + 4 * (k % run): a filter's row is a run of kw * C neighbouring values, a
 * dense weight's rows are a single run. d: [ys * zs, columns], out: [runs * run, columns]. Nothing outside the
 * positions' windows is read. scratch: {@link filterGradientScratch} bytes.
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
  scratch: usize,
  add: bool,
): void {
  const stride = (<usize>columns) << 2;
  if (ys * zs == 0) {
    if (!add) memory.fill(out, 0, <usize>(runs * run) * stride);
    return;
  }
  const block = blockOf(ys, zs);
  for (let y = 0; y < ys; y += block, x += <usize>block * yStride, d += <usize>(block * zs) * stride) {
    const rows = min(ys - y, block);
    for (let f = 0; f < columns; f += 8) {
      const width = min(columns - f, 8);
      let panel = d + ((<usize>f) << 2);
      let panelStride = stride;
      // Copied where rows of d lie far apart and enough rows of x come by for the copy to pay.
      if (width < 8 || (columns > 16 && runs * run >= 32)) {
        packPanel(panel, width, 4, rows * zs, stride, scratch);
        panel = scratch;
        panelStride = 32;
      }
      const target = out + ((<usize>f) << 2);
      gradientOfPanel(
        x,
        rows,
        zs,
        yStride,
        zStride,
        runs,
        run,
        runStride,
        panel,
        panelStride,
        target,
        stride,
        width,
        add || y > 0,
      );
    }
  }
}

/** All rows of `out` for one panel of columns. */
function gradientOfPanel(
  x: usize,
  ys: i32,
  zs: i32,
  yStride: usize,
  zStride: usize,
  runs: i32,
  run: i32,
  runStride: usize,
  panel: usize,
  panelStride: usize,
  out: usize,
  stride: usize,
  width: i32,
  add: bool,
): void {
  const last = runs * run - 1;
  let k = 0;
  for (let r = 0; r < runs; r++) {
    const start = r * run;
    // Rows that neighbour each other, four at a time; the first ones of a run may belong to the tile before it.
    for (; k + 4 <= start + run; k += 4) {
      const row = x + <usize>r * runStride + ((<usize>(k - start)) << 2);
      tile(row, ys, zs, yStride, zStride, panel, panelStride, out + <usize>k * stride, stride, 4, width, add);
    }
    if (k >= start + run) continue;
    // A tile of rows from this run and the next ones.
    gatherTile(
      rowOf(x, k, run, runStride),
      rowOf(x, min(k + 1, last), run, runStride),
      rowOf(x, min(k + 2, last), run, runStride),
      rowOf(x, min(k + 3, last), run, runStride),
      ys,
      zs,
      yStride,
      zStride,
      panel,
      panelStride,
      out + <usize>k * stride,
      stride,
      min(last + 1 - k, 4),
      width,
      add,
    );
    k += 4;
  }
}

function rowOf(x: usize, k: i32, run: i32, runStride: usize): usize {
  return x + <usize>(<u32>k / <u32>run) * runStride + <usize>((<u32>k % <u32>run) << 2);
}
