/**
 * The gradient of a depthwise convolution's filter, NHWC: dw[r, s, c, m] = sum over images and output positions of
 * x[y, z, c] * dy[oy, ox, c * multiplier + m], at y = oy * sh - padTop + r * dh, and z likewise.
 */
export function depthwiseFilterGradient(
  x: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  multiplier: i32,
  outHeight: i32,
  outWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  memory.fill(dw, 0, (<usize>(filterHeight * filterWidth * channels * multiplier)) << 2);
  addDepthwiseFilterGradient(
    x,
    dy,
    dw,
    batch,
    height,
    width,
    channels,
    multiplier,
    outHeight,
    outWidth,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    dilationHeight,
    dilationWidth,
    padTop,
    padLeft,
  );
}

/** The same, added to what dw holds. */
export function addDepthwiseFilterGradient(
  x: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  multiplier: i32,
  outHeight: i32,
  outWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const pixel = (<usize>channels) << 2;
  const outPixel = pixel * <usize>multiplier;
  for (let b = 0; b < batch; b++, x += <usize>(height * width) * pixel) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++, dy += outPixel) {
        let tap = dw;
        for (let r = 0; r < filterHeight; r++) {
          const y = oy * strideHeight - padTop + r * dilationHeight;
          for (let s = 0; s < filterWidth; s++, tap += outPixel) {
            const z = ox * strideWidth - padLeft + s * dilationWidth;
            if (<u32>y >= <u32>height || <u32>z >= <u32>width) continue;
            spread(x + <usize>(y * width + z) * pixel, dy, tap, channels, multiplier);
          }
        }
      }
    }
  }
}

/** The gradient of a depthwise convolution's input; geometry as above. */
export function depthwiseInputGradient(
  dy: usize,
  w: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  multiplier: i32,
  outHeight: i32,
  outWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const pixel = (<usize>channels) << 2;
  const outPixel = pixel * <usize>multiplier;
  const image = <usize>(height * width) * pixel;
  memory.fill(dx, 0, <usize>batch * image);
  for (let b = 0; b < batch; b++, dx += image) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++, dy += outPixel) {
        let tap = w;
        for (let r = 0; r < filterHeight; r++) {
          const y = oy * strideHeight - padTop + r * dilationHeight;
          for (let s = 0; s < filterWidth; s++, tap += outPixel) {
            const z = ox * strideWidth - padLeft + s * dilationWidth;
            if (<u32>y >= <u32>height || <u32>z >= <u32>width) continue;
            gather(dy, tap, dx + <usize>(y * width + z) * pixel, channels, multiplier);
          }
        }
      }
    }
  }
}

/** out[c, m] += x[c] * d[c, m]. */
function spread(x: usize, d: usize, out: usize, channels: i32, multiplier: i32): void {
  if (multiplier == 1) return addProducts(x, d, out, channels);
  for (let c = 0; c < channels; c++, x += 4) {
    const value = load<f32>(x);
    const values = f32x4.splat(value);
    let m = 0;
    for (; m + 4 <= multiplier; m += 4, d += 16, out += 16) {
      v128.store(out, f32x4.add(v128.load(out), f32x4.mul(values, v128.load(d))));
    }
    for (; m < multiplier; m++, d += 4, out += 4) {
      store<f32>(out, load<f32>(out) + value * load<f32>(d));
    }
  }
}

/** out[c] += sum over m of d[c, m] * w[c, m]. */
function gather(d: usize, w: usize, out: usize, channels: i32, multiplier: i32): void {
  if (multiplier == 1) return addProducts(d, w, out, channels);
  for (let c = 0; c < channels; c++, out += 4) {
    let sum: f32 = 0;
    for (let m = 0; m < multiplier; m++, d += 4, w += 4) sum += load<f32>(d) * load<f32>(w);
    store<f32>(out, load<f32>(out) + sum);
  }
}

function addProducts(a: usize, b: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, a += 16, b += 16, out += 16) {
    v128.store(out, f32x4.add(v128.load(out), f32x4.mul(v128.load(a), v128.load(b))));
  }
  for (; i < n; i++, a += 4, b += 4, out += 4) {
    store<f32>(out, load<f32>(out) + load<f32>(a) * load<f32>(b));
  }
}
