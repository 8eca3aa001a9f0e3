import {copyShort} from './image';
import {packedTile} from './microkernel';
import {packPanel, transposeLines} from './pack';

/** Output positions whose windows are packed at once; a multiple of 4. */
function blockOf(window: i32): i32 {
  // 64 KiB of windows, which the second-level cache holds beside the filter.
  return max(4, min(64, (16384 / max(1, window)) & ~3));
}

/** Bytes of {@link packFilter}'s panels; window: kh * kw * C. */
export function filterPanelsSize(window: i32, filters: i32): usize {
  return <usize>((filters + 7) >> 3) * ((<usize>window) << 5);
}

/** Copies a filter [window, filters] into panels of 8 columns, which {@link conv2d} reads. */
export function packFilter(w: usize, window: i32, filters: i32, panels: usize): void {
  for (let f = 0; f < filters; f += 8, panels += (<usize>window) << 5) {
    packPanel(w + ((<usize>f) << 2), min(filters - f, 8), 4, window, (<usize>filters) << 2, panels);
  }
}

/** Bytes of scratch that {@link conv2d} needs. */
export function conv2dScratch(window: i32): usize {
  return <usize>blockOf(window) * (((<usize>window) << 2) + 4);
}

/**
 * A convolution of images without padding: out[b, oy, ox, f] = bias[f] + sum over r < runs, k < run of
 * x[b * image + oy * strideY + ox * strideX + r * row + 4 k] * w[r * run + k, f], where the offsets count bytes, a run is
 * kw * C neighbouring values, and what is negative becomes 0 if `relu` (NaN stays).
 * panels: {@link packFilter}'s; bias: 0 for none; scratch: {@link conv2dScratch} bytes. Nothing outside of the windows is read.
 */
export function conv2d(
  x: usize,
  batch: i32,
  outHeight: i32,
  outWidth: i32,
  image: usize,
  strideY: usize,
  strideX: usize,
  row: usize,
  runs: i32,
  run: i32,
  panels: usize,
  filters: i32,
  bias: usize,
  relu: bool,
  out: usize,
  scratch: usize,
): void {
  const window = runs * run;
  const panelBytes = (<usize>window) << 5;
  const stride = (<usize>filters) << 2;
  const block = blockOf(window);
  const places = scratch;
  const packed = scratch + ((<usize>block) << 2);
  const positions = batch * outHeight * outWidth;
  let line = x;
  let at = x;
  let oy = 0;
  let ox = 0;
  for (let m = 0; m < positions; m += block, out += <usize>block * stride) {
    const count = min(positions - m, block);
    for (let i = 0; i < count; i++) {
      store<usize>(places + ((<usize>i) << 2), at);
      at += strideX;
      if (++ox == outWidth) {
        ox = 0;
        line += strideY;
        if (++oy == outHeight) {
          oy = 0;
          x += image;
          line = x;
        }
        at = line;
      }
    }
    for (let i = 0; i < count; i += 4) {
      let p0 = load<usize>(places + ((<usize>i) << 2));
      let p1 = load<usize>(places + ((<usize>min(i + 1, count - 1)) << 2));
      let p2 = load<usize>(places + ((<usize>min(i + 2, count - 1)) << 2));
      let p3 = load<usize>(places + ((<usize>min(i + 3, count - 1)) << 2));
      let target = packed + ((<usize>(i * window)) << 2);
      for (let r = 0; r < runs; r++, target += (<usize>run) << 4) {
        transposeLines(p0, p1, p2, p3, run, target, 16);
        p0 += row;
        p1 += row;
        p2 += row;
        p3 += row;
      }
      if (bias != 0) {
        for (let j = i; j < min(count, i + 4); j++) copyShort(bias, out + <usize>j * stride, stride);
      }
    }
    for (let f = 0, panel = panels; f < filters; f += 8, panel += panelBytes) {
      let target = out + ((<usize>f) << 2);
      for (let i = 0; i < count; i += 4, target += 4 * stride) {
        const left = packed + ((<usize>(i * window)) << 2);
        packedTile(left, window, panel, target, stride, min(count - i, 4), min(filters - f, 8), bias != 0);
      }
    }
    if (relu) keepPositive(out, count * filters);
  }
}

/** a[i] = max(0, a[i]); NaN stays. */
function keepPositive(a: usize, n: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4, a += 16) v128.store(a, f32x4.max(v128.load(a), zero));
  for (; i < n; i++, a += 4) store<f32>(a, max(load<f32>(a), <f32>0));
}
