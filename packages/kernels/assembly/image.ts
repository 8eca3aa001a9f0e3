/** Copies `rows` rows of `rowBytes` bytes to rows that lie `stride` bytes apart: an image into its padded frame. */
export function copyImage(
  source: usize,
  target: usize,
  rows: i32,
  rowBytes: usize,
  sourceStride: usize,
  targetStride: usize,
): void {
  for (let y = 0; y < rows; y++) {
    memory.copy(target, source, rowBytes);
    source += sourceStride;
    target += targetStride;
  }
}
