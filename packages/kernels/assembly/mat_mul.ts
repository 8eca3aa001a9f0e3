import {tile} from './microkernel';
import {pack4, packPanel} from './pack';

/** Steps of the contraction that are packed at once: a panel of both factors then fits the first-level cache. */
const DEPTH: i32 = 256;
/** Rows that are packed at once: DEPTH * ROWS * 4 bytes fit the second-level cache. */
const ROWS: i32 = 128;

/** Bytes of scratch that {@link matMul} needs for products with so many rows and steps. */
export function matMulScratch(rows: i32, depth: i32): usize {
  return <usize>(min(depth, DEPTH) * (min((rows + 3) & ~3, ROWS) * 4 + 32));
}

/**
 * out[m, n] = sum over p < depth of a[m, p] * b[p, n], with a[m, p] at a + m * aRow + p * aStep, b[p, n] at
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
): void {
  const stride = (<usize>columns) << 2;
  if (depth == 0) memory.fill(out, 0, <usize>rows * stride);
  const panel = scratch;
  const packed = scratch + <usize>(min(depth, DEPTH) * 32);
  for (let p = 0; p < depth; p += DEPTH) {
    const steps = min(depth - p, DEPTH);
    for (let m = 0; m < rows; m += ROWS) {
      const block = min(rows - m, ROWS);
      for (let i = 0; i < block; i += 4) {
        const source = a + <usize>(m + i) * aRow + <usize>p * aStep;
        pack4(source, block - i, aRow, steps, aStep, packed + ((<usize>i * steps) << 2), 16);
      }
      for (let n = 0; n < columns; n += 8) {
        const width = min(columns - n, 8);
        packPanel(b + <usize>p * bStep + <usize>n * bColumn, width, bColumn, steps, bStep, panel);
        let target = out + <usize>m * stride + ((<usize>n) << 2);
        for (let i = 0; i < block; i += 4, target += 4 * stride) {
          const left = packed + ((<usize>i * steps) << 2);
          tile(left, 1, steps, 0, 16, panel, 32, target, stride, min(block - i, 4), width, p > 0);
        }
      }
    }
  }
}
