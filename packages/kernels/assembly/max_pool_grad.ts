/**
 * The gradient of max pooling, NHWC: each output's gradient goes to the first maximum of its window in row-major
 * order. NaN is never larger than anything, as in tf.js's cpu backend: a window without a maximum (all NaN or
 * -Infinity) passes nothing on.
 */
export function maxPoolGrad(
  x: usize,
  dy: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const pixel = (<usize>channels) << 2;
  const row = <usize>width * pixel;
  const image = <usize>height * row;
  memory.fill(dx, 0, <usize>batch * image);
  for (let b = 0; b < batch; b++, x += image, dx += image) {
    for (let oy = 0; oy < outHeight; oy++) {
      const top = oy * strideHeight - padTop;
      const y0 = max(0, top);
      const rows = min(height, top + filterHeight) - y0;
      for (let ox = 0; ox < outWidth; ox++, dy += pixel) {
        const left = ox * strideWidth - padLeft;
        const x0 = max(0, left);
        const columns = min(width, left + filterWidth) - x0;
        const corner = <usize>y0 * row + <usize>x0 * pixel;
        let c: usize = 0;
        for (; c + 16 <= pixel; c += 16) window4(x, corner + c, rows, columns, row, pixel, dy + c, dx);
        for (; c < pixel; c += 4) window1(x, corner + c, rows, columns, row, pixel, dy + c, dx);
      }
    }
  }
}

/** Four channels of one window, whose corner lies at x + corner. */
function window4(
  x: usize,
  corner: usize,
  rows: i32,
  columns: i32,
  row: usize,
  pixel: usize,
  dy: usize,
  dx: usize,
): void {
  let best = f32x4.splat(-Infinity);
  let place = i32x4.splat(-1);
  for (let y = 0, line = corner; y < rows; y++, line += row) {
    for (let z = 0, at = line; z < columns; z++, at += pixel) {
      const value = v128.load(x + at);
      const larger = f32x4.gt(value, best);
      best = v128.bitselect(value, best, larger);
      place = v128.bitselect(i32x4.splat(<i32>at), place, larger);
    }
  }
  const gradient = v128.load(dy);
  for (let y = 0, line = corner; y < rows; y++, line += row) {
    for (let z = 0, at = line; z < columns; z++, at += pixel) {
      const here = v128.and(gradient, i32x4.eq(place, i32x4.splat(<i32>at)));
      v128.store(dx + at, f32x4.add(v128.load(dx + at), here));
    }
  }
}

function window1(
  x: usize,
  corner: usize,
  rows: i32,
  columns: i32,
  row: usize,
  pixel: usize,
  dy: usize,
  dx: usize,
): void {
  let best: f32 = -Infinity;
  let place: usize = 0;
  for (let y = 0, line = corner; y < rows; y++, line += row) {
    for (let z = 0, at = line; z < columns; z++, at += pixel) {
      const value = load<f32>(x + at);
      if (value > best) {
        best = value;
        place = at + 1;
      }
    }
  }
  if (place > 0) store<f32>(dx + place - 1, load<f32>(dx + place - 1) + load<f32>(dy));
}
