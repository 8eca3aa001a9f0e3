/** target[i] += source[i] for n float32 values. */
export function addRow(source: usize, target: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, source += 16, target += 16) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
  }
  for (; i < n; i++, source += 4, target += 4) {
    store<f32>(target, load<f32>(target) + load<f32>(source));
  }
}
