import {tile} from './microkernel';
import {pack4, packPanel} from './pack';
import {addRow} from './rows';

/** Output positions whose windows are formed at once; a multiple of 4. */
function blockOf(window: i32): i32 {
  // 64 KiB of windows, which the second-level cache holds beside the filter.
  return max(4, min(64, (16384 / window) & ~3));
}

/** Bytes of scratch that {@link convInputGradient} needs; window: kh * kw * C. */
export function convInputGradientScratch(window: i32, filters: i32): usize {
  const panels = (window + 7) >> 3;
  const block = blockOf(window);
  return (<usize>(panels * filters * 8) + <usize>(block * filters) + <usize>(block * window)) << 2;
}

/**
 * Adds the gradient of a convolution's input to dx, NHWC: dx[i, y, x, c] += sum over output positions and filters of
 * dy[i, oy, ox, f] * w[y + padTop - oy * sh, x + padLeft - ox * sw, c, f].
 * As a product dy * w^T for a block of positions at a time, whose windows are then added into dx.
 */
export function convInputGradient(
  dy: usize,
  w: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  filters: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
  scratch: usize,
): void {
  const run = filterWidth * channels;
  const window = filterHeight * run;
  const block = blockOf(window);
  const dyRow = (<usize>filters) << 2;
  const windowRow = (<usize>window) << 2;
  const pixel = (<usize>channels) << 2;
  const imageRow = <usize>width * pixel;
  const panelSize = (<usize>filters) << 5;

  const panels = scratch;
  const packed = panels + <usize>((window + 7) >> 3) * panelSize;
  const windows = packed + <usize>block * dyRow;
  for (let n = 0, to = panels; n < window; n += 8, to += panelSize) {
    packPanel(w + <usize>n * dyRow, min(window - n, 8), dyRow, filters, 4, to);
  }

  const positions = batch * outHeight * outWidth;
  let oy = 0;
  let ox = 0;
  for (let m = 0; m < positions; m += block) {
    const count = min(positions - m, block);
    for (let i = 0; i < count; i += 4) {
      pack4(dy + <usize>(m + i) * dyRow, count - i, dyRow, filters, 4, packed + <usize>i * dyRow, 16);
    }
    for (let n = 0, panel = panels; n < window; n += 8, panel += panelSize) {
      for (let i = 0; i < count; i += 4) {
        const target = windows + <usize>i * windowRow + ((<usize>n) << 2);
        const rows = min(count - i, 4);
        const columns = min(window - n, 8);
        tile(
          packed + <usize>i * dyRow,
          1,
          filters,
          0,
          16,
          panel,
          32,
          target,
          windowRow,
          rows,
          columns,
          false,
        );
      }
    }
    for (let i = 0; i < count; i++) {
      const left = ox * strideWidth - padLeft;
      const from = max(0, -left);
      const n = (min(filterWidth, width - left) - from) * channels;
      let source = windows + <usize>i * windowRow + <usize>from * pixel;
      for (
        let r = 0, y = oy * strideHeight - padTop;
        r < filterHeight;
        r++, y++, source += (<usize>run) << 2
      ) {
        if (y >= 0 && y < height) addRow(source, dx + <usize>y * imageRow + <usize>(left + from) * pixel, n);
      }
      if (++ox == outWidth) {
        ox = 0;
        if (++oy == outHeight) {
          oy = 0;
          dx += <usize>height * imageRow;
        }
      }
    }
  }
}
