import {addRow} from './rows';

/**
 * out[s, :] = sum of the rows x[i, :] whose id is s. Ids below 0 or from `segments` on are dropped, as in
 * TensorFlow and in tf.js's cpu backend.
 */
export function segmentSum(x: usize, ids: usize, rows: i32, width: i32, out: usize, segments: i32): void {
  const stride = (<usize>width) << 2;
  memory.fill(out, 0, <usize>segments * stride);
  for (let i = 0; i < rows; i++, x += stride, ids += 4) {
    const id = load<u32>(ids);
    if (id < <u32>segments) addRow(x, out + <usize>id * stride, width);
  }
}
