/**
 * Copies 4 lines of `count` values side by side, so that the microkernel finds them as neighbours: value i of
 * line r goes from source + r * lineStride + i * valueStride to target + i * targetStride + 4 r. Lines beyond
 * `lines` become zeros and are not read.
 */
export function pack4(
  source: usize,
  lines: i32,
  lineStride: usize,
  count: i32,
  valueStride: usize,
  target: usize,
  targetStride: usize,
): void {
  if (lines >= 4 && lineStride == 4) {
    for (let i = 0; i < count; i++, source += valueStride, target += targetStride) {
      v128.store(target, v128.load(source));
    }
    return;
  }
  if (lines >= 4 && valueStride == 4) {
    transposeLines(
      source,
      source + lineStride,
      source + 2 * lineStride,
      source + 3 * lineStride,
      count,
      target,
      targetStride,
    );
    return;
  }
  for (let i = 0; i < count; i++, source += valueStride, target += targetStride) {
    let at = source;
    for (let r = 0; r < 4; r++, at += lineStride) {
      store<f32>(target + ((<usize>r) << 2), r < lines ? load<f32>(at) : 0);
    }
  }
}

/** The same for 4 lines of neighbouring values, anywhere. */
// @ts-ignore: decorator
@inline
export function transposeLines(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  count: i32,
  target: usize,
  targetStride: usize,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4, target += 4 * targetStride) {
    const r0 = v128.load(p0);
    const r1 = v128.load(p1);
    const r2 = v128.load(p2);
    const r3 = v128.load(p3);
    const low01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
    const low23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
    const high01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
    const high23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
    v128.store(target, i32x4.shuffle(low01, low23, 0, 1, 4, 5));
    v128.store(target + targetStride, i32x4.shuffle(low01, low23, 2, 3, 6, 7));
    v128.store(target + 2 * targetStride, i32x4.shuffle(high01, high23, 0, 1, 4, 5));
    v128.store(target + 3 * targetStride, i32x4.shuffle(high01, high23, 2, 3, 6, 7));
    p0 += 16;
    p1 += 16;
    p2 += 16;
    p3 += 16;
  }
  for (; i < count; i++, target += targetStride) {
    store<f32>(target, load<f32>(p0));
    store<f32>(target, load<f32>(p1), 4);
    store<f32>(target, load<f32>(p2), 8);
    store<f32>(target, load<f32>(p3), 12);
    p0 += 4;
    p1 += 4;
    p2 += 4;
    p3 += 4;
  }
}

/** The same for 8 lines: a panel of {@link tile}'s second factor, 32 bytes a value. */
export function packPanel(
  source: usize,
  lines: i32,
  lineStride: usize,
  count: i32,
  valueStride: usize,
  panel: usize,
): void {
  pack4(source, lines, lineStride, count, valueStride, panel, 32);
  pack4(source + 4 * lineStride, lines - 4, lineStride, count, valueStride, panel + 16, 32);
}

/** Two panels of up to 16 lines together, one behind the other; the second only if there are more than 8 lines. */
export function packPanels(
  source: usize,
  lines: i32,
  lineStride: usize,
  count: i32,
  valueStride: usize,
  panels: usize,
): void {
  const second = panels + ((<usize>count) << 5);
  if (lines >= 16 && lineStride == 4) {
    // Each cache line of the source is read once.
    for (let i = 0, to: usize = 0; i < count; i++, source += valueStride, to += 32) {
      v128.store(panels + to, v128.load(source));
      v128.store(panels + to, v128.load(source, 16), 16);
      v128.store(second + to, v128.load(source, 32));
      v128.store(second + to, v128.load(source, 48), 16);
    }
    return;
  }
  packPanel(source, min(lines, 8), lineStride, count, valueStride, panels);
  if (lines > 8) packPanel(source + 8 * lineStride, lines - 8, lineStride, count, valueStride, second);
}
