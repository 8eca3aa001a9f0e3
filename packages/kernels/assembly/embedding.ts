import {accumulate} from './clip_and_sum';
import {addRow} from './rows';

/**
 * Adds each d[t, :] to row ids[t] of out: [rows, width]. An id below 0 or from `rows` on writes a NaN into the
 * first coordinate, which makes the whole gradient's norm one.
 */
export function addEmbeddingGradient(
  ids: usize,
  d: usize,
  positions: i32,
  width: i32,
  out: usize,
  rows: i32,
): void {
  const stride = (<usize>width) << 2;
  for (let t = 0; t < positions; t++, ids += 4, d += stride) {
    const id = load<u32>(ids);
    if (id < <u32>rows) addRow(d, out + <usize>id * stride, width);
    else if (rows > 0 && width > 0) store<f32>(out, NaN);
  }
}

/**
 * Groups an embedding's output gradients by id: after it, row s of `grouped` is the sum of all d[t, :] whose id
 * stands in distinct[s], in order of t. `used` rows are there from earlier calls, and 0 at first. Returns how many
 * are there now; if an id is below 0 or from `rows` on, the complement (-1 - n) of that.
 *
 * slots: i32 [rows], zeros at first: 1 + where an id's row is; {@link clearSlots} makes it zeros again.
 * distinct: i32 [used + positions]. grouped: [used + positions, width].
 */
export function groupRows(
  ids: usize,
  d: usize,
  positions: i32,
  width: i32,
  rows: i32,
  slots: usize,
  distinct: usize,
  grouped: usize,
  used: i32,
): i32 {
  const stride = (<usize>width) << 2;
  for (let t = 0; t < positions; t++, ids += 4, d += stride) {
    const id = load<u32>(ids);
    if (id >= <u32>rows) return ~used;
    const slot = slots + ((<usize>id) << 2);
    const taken = load<i32>(slot);
    if (taken != 0) {
      addRow(d, grouped + <usize>(taken - 1) * stride, width);
    } else {
      memory.copy(grouped + <usize>used * stride, d, stride);
      store<u32>(distinct + ((<usize>used) << 2), id);
      store<i32>(slot, ++used);
    }
  }
  return used;
}

/** Zeros the slots of `used` distinct ids. */
export function clearSlots(slots: usize, distinct: usize, used: i32): void {
  for (let s = 0; s < used; s++, distinct += 4) {
    store<i32>(slots + ((<usize>load<u32>(distinct)) << 2), 0);
  }
}

/** sums[distinct[s], :] += round(scale * grouped[s, :]), for `used` rows. */
export function accumulateRows(
  grouped: usize,
  distinct: usize,
  used: i32,
  width: i32,
  scale: f64,
  sums: usize,
): void {
  const stride = (<usize>width) << 2;
  for (let s = 0; s < used; s++, distinct += 4, grouped += stride) {
    accumulate(grouped, width, scale, sums + <usize>load<u32>(distinct) * 2 * stride);
  }
}
