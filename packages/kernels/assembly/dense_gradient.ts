import {tile} from './microkernel';
import {pack4, packPanel} from './pack';

/** Positions taken at once: their part of a tile of rows and of a panel of d then stays in the first-level cache. */
const POSITIONS: i32 = 256;
/** Rows that a panel of d is read for at once. More would share cache sets where columns are a power of 2. */
const ROWS: i32 = 16;

/** Bytes of scratch that {@link denseGradient} needs. */
export function denseGradientScratch(positions: i32, rows: i32, columns: i32): usize {
  const panels = <usize>((columns + 7) >> 3);
  return <usize>min(positions, POSITIONS) * (panels * 32 + <usize>ROWS * 4);
}

/**
 * One example's gradient of a dense weight: out[k, f] (+)= sum over positions t of x[t, k] * d[t, f], for x:
 * [positions, rows] and d: [positions, columns]. Both factors are packed; out is written along its rows, two panels
 * at a time, a cache line.
 * scratch: {@link denseGradientScratch} bytes.
 */
export function denseGradient(
  x: usize,
  d: usize,
  positions: i32,
  rows: i32,
  columns: i32,
  out: usize,
  scratch: usize,
  add: bool,
): void {
  const xStride = (<usize>rows) << 2;
  const stride = (<usize>columns) << 2;
  if (positions == 0 && !add) memory.fill(out, 0, <usize>rows * stride);
  for (
    let t = 0;
    t < positions;
    t += POSITIONS, x += <usize>POSITIONS * xStride, d += <usize>POSITIONS * stride
  ) {
    const count = min(positions - t, POSITIONS);
    const lines = scratch;
    const panels = scratch + <usize>count * <usize>ROWS * 4;
    const panelBytes = <usize>count * 32;
    let panel = panels;
    for (let f = 0; f < columns; f += 8, panel += panelBytes) {
      packPanel(d + ((<usize>f) << 2), min(columns - f, 8), 4, count, stride, panel);
    }
    for (let k = 0; k < rows; k += ROWS) {
      const block = min(rows - k, ROWS);
      for (let i = 0; i < block; i += 4) {
        pack4(x + ((<usize>(k + i)) << 2), block - i, 4, count, xStride, lines + <usize>(i * count) * 4, 16);
      }
      panel = panels;
      for (let f = 0; f < columns; f += 16, panel += 2 * panelBytes) {
        let target = out + <usize>k * stride + ((<usize>f) << 2);
        for (let i = 0; i < block; i += 4, target += 4 * stride) {
          const left = lines + <usize>(i * count) * 4;
          const height = min(block - i, 4);
          const width = columns - f;
          tile(left, 1, count, 0, 16, panel, 32, target, stride, height, min(width, 8), add || t > 0);
          if (width <= 8) continue;
          tile(
            left,
            1,
            count,
            0,
            16,
            panel + panelBytes,
            32,
            target + 32,
            stride,
            height,
            min(width - 8, 8),
            add || t > 0,
          );
        }
      }
    }
  }
}
