/** Rows up to so many bytes are copied without a call. */
const SHORT: usize = 256;

/** Copies `rows` rows of `rowBytes` bytes to rows that lie `targetStride` bytes apart: an image into its padded frame. */
export function copyImage(
  source: usize,
  target: usize,
  rows: i32,
  rowBytes: usize,
  sourceStride: usize,
  targetStride: usize,
): void {
  if (rowBytes == sourceStride && rowBytes == targetStride) {
    memory.copy(target, source, <usize>rows * rowBytes);
    return;
  }
  const short = rowBytes <= SHORT;
  for (let y = 0; y < rows; y++) {
    if (short) copyShort(source, target, rowBytes);
    else memory.copy(target, source, rowBytes);
    source += sourceStride;
    target += targetStride;
  }
}

/** Copies a few bytes without a call to the engine. */
export function copyShort(source: usize, target: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(target + i, v128.load(source + i));
  for (; i + 4 <= bytes; i += 4) store<u32>(target + i, load<u32>(source + i));
  for (; i < bytes; i++) store<u8>(target + i, load<u8>(source + i));
}
