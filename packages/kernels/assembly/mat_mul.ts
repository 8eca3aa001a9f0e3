import {packedTile} from './microkernel';
import {pack4, packPanels} from './pack';

/** Steps of the contraction that are packed at once: two panels of b and a tile's part of a then fit the first-level cache. */
const DEPTH: i32 = 256;
/** Rows that are packed at once: DEPTH * ROWS * 4 bytes fit the second-level cache. */
const ROWS: i32 = 128;

/** Bytes of scratch that {@link matMul} needs for products with so many rows and steps. */
export function matMulScratch(rows: i32, depth: i32): usize {
  return <usize>(min(depth, DEPTH) * (min((rows + 3) & ~3, ROWS) * 4 + 64));
}

/**
 * out[m, n] (+)= sum over p < depth of a[m, p] * b[p, n], with a[m, p] at a + m * aRow + p * aStep, b[p, n] at
 * b + p * bStep + n * bColumn, and out row-major: transposed factors are a matter of strides.
 * scratch: {@link matMulScratch} bytes.
 */
export function matMul(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  bColumn: usize,
  out: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  scratch: usize,
  add: bool,
): void {
  const stride = (<usize>columns) << 2;
  if (depth == 0 && !add) memory.fill(out, 0, <usize>rows * stride);
  const panels = scratch;
  const packed = scratch + <usize>(min(depth, DEPTH) * 64);
  for (let p = 0; p < depth; p += DEPTH) {
    const steps = min(depth - p, DEPTH);
    const panelBytes = (<usize>steps) << 5;
    for (let m = 0; m < rows; m += ROWS) {
      const block = min(rows - m, ROWS);
      for (let i = 0; i < block; i += 4) {
        const source = a + <usize>(m + i) * aRow + <usize>p * aStep;
        pack4(source, block - i, aRow, steps, aStep, packed + ((<usize>i * steps) << 2), 16);
      }
      for (let n = 0; n < columns; n += 16) {
        const width = min(columns - n, 16);
        packPanels(b + <usize>p * bStep + <usize>n * bColumn, width, bColumn, steps, bStep, panels);
        for (let h = 0, panel = panels; h < width; h += 8, panel += panelBytes) {
          const part = min(width - h, 8);
          let target = out + <usize>m * stride + ((<usize>(n + h)) << 2);
          for (let i = 0; i < block; i += 4, target += 4 * stride) {
            const left = packed + ((<usize>i * steps) << 2);
            packedTile(left, steps, panel, target, stride, min(block - i, 4), part, add || p > 0);
          }
        }
      }
    }
  }
}
