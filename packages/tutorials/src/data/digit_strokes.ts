/** A point of a pen stroke in the unit square, x to the right and y down. With CORNER the pen changes direction sharply there. */
export type StrokePoint = readonly [x: number, y: number, corner?: true];

/** The pen's way from where it touches the paper to where it leaves; smooth except at corners. */
export type Stroke = readonly StrokePoint[];

/** One way to write a digit. */
export type Glyph = readonly Stroke[];

const CORNER = true;

/** The ways in which people write each digit, by digit. */
// prettier-ignore
export const GLYPHS: readonly (readonly Glyph[])[] = [
  // 0: from the top, round to the left; closed, or with the end crossing the start.
  [
    [[[0.55, 0], [0.2, 0.15], [0.06, 0.52], [0.22, 0.9], [0.52, 1], [0.82, 0.86], [0.94, 0.48], [0.8, 0.12], [0.5, 0]]],
    [[[0.7, 0.06], [0.3, 0.08], [0.06, 0.5], [0.26, 0.95], [0.66, 0.94], [0.93, 0.5], [0.74, 0.1], [0.42, 0.06]]],
  ],
  // 1: a bar; with a flag; with a flag and a foot.
  [
    [[[0.5, 0], [0.5, 0.5], [0.5, 1]]],
    [[[0.52, 0], [0.5, 0.5], [0.47, 1]]],
    [[[0.28, 0.24], [0.52, 0, CORNER], [0.52, 0.5], [0.52, 1]]],
    [[[0.28, 0.2], [0.52, 0, CORNER], [0.52, 0.5], [0.52, 1]], [[0.26, 1], [0.78, 1]]],
  ],
  // 2: with a pointed heel; with a loop at the heel; with a round heel.
  [
    [[[0.1, 0.26], [0.32, 0.03], [0.68, 0.03], [0.84, 0.27], [0.64, 0.56], [0.1, 0.98, CORNER], [0.5, 0.95], [0.94, 0.97]]],
    [[[0.14, 0.2], [0.42, 0], [0.76, 0.12], [0.74, 0.42], [0.46, 0.76], [0.14, 0.96], [0.1, 0.82], [0.34, 0.82], [0.62, 0.97], [0.94, 0.9]]],
    [[[0.12, 0.16], [0.45, 0], [0.8, 0.14], [0.78, 0.44], [0.42, 0.78], [0.14, 0.98], [0.5, 0.93], [0.9, 0.99]]],
  ],
  // 3: two bowls; with a flat top.
  [
    [[[0.14, 0.12], [0.46, 0], [0.8, 0.14], [0.72, 0.38], [0.4, 0.48, CORNER], [0.74, 0.54], [0.9, 0.76], [0.64, 0.98], [0.3, 1], [0.08, 0.86]]],
    [[[0.12, 0.04], [0.5, 0.03], [0.84, 0.02, CORNER], [0.6, 0.24], [0.42, 0.42, CORNER], [0.76, 0.5], [0.88, 0.74], [0.6, 0.98], [0.1, 0.92]]],
    [[[0.16, 0.08], [0.6, 0], [0.8, 0.2], [0.62, 0.4], [0.44, 0.46], [0.7, 0.5], [0.88, 0.74], [0.56, 1], [0.08, 0.94]]],
  ],
  // 4: open; closed; open with a slanted bar.
  [
    [[[0.16, 0.02], [0.1, 0.32], [0.1, 0.56, CORNER], [0.5, 0.55], [0.92, 0.5]], [[0.78, 0], [0.74, 0.5], [0.7, 1]]],
    [[[0.66, 0], [0.34, 0.34], [0.04, 0.66, CORNER], [0.5, 0.66], [0.96, 0.64]], [[0.68, 0.02], [0.67, 0.5], [0.66, 1]]],
    [[[0.22, 0.04], [0.12, 0.34], [0.2, 0.52], [0.52, 0.54], [0.82, 0.44]], [[0.86, 0], [0.76, 0.5], [0.62, 1]]],
  ],
  // 5: the bar first, then the bowl; or the bar last.
  [
    [[[0.88, 0.03], [0.56, 0.03], [0.24, 0.04, CORNER], [0.2, 0.24], [0.18, 0.44, CORNER], [0.52, 0.38], [0.84, 0.56], [0.8, 0.86], [0.46, 1], [0.08, 0.92]]],
    [[[0.26, 0.06], [0.24, 0.26], [0.22, 0.42], [0.6, 0.46], [0.82, 0.72], [0.56, 0.98], [0.12, 0.96]], [[0.26, 0.06], [0.6, 0.05], [0.94, 0]]],
  ],
  // 6: with a curved back; with a straight one.
  [
    [[[0.74, 0.02], [0.4, 0.18], [0.14, 0.52], [0.16, 0.88], [0.5, 1], [0.82, 0.86], [0.78, 0.6], [0.46, 0.52], [0.18, 0.72]]],
    [[[0.6, 0], [0.34, 0.32], [0.18, 0.66], [0.24, 0.94], [0.54, 0.99], [0.76, 0.8], [0.62, 0.6], [0.36, 0.66], [0.22, 0.86]]],
  ],
  // 7: plain; with a bar through the stem; with a hook at the start.
  [
    [[[0.08, 0.05], [0.46, 0.05], [0.88, 0.02, CORNER], [0.62, 0.46], [0.42, 1]]],
    [[[0.08, 0.05], [0.46, 0.05], [0.88, 0.02, CORNER], [0.62, 0.46], [0.42, 1]], [[0.32, 0.52], [0.56, 0.5], [0.82, 0.48]]],
    [[[0.1, 0.22], [0.14, 0.04, CORNER], [0.5, 0.06], [0.86, 0.06], [0.68, 0.42], [0.52, 1]]],
  ],
  // 8: in one go as an S that comes back; as two rings.
  [
    [[[0.78, 0.12], [0.48, 0], [0.2, 0.18], [0.42, 0.44], [0.76, 0.68], [0.62, 0.97], [0.3, 0.98], [0.2, 0.72], [0.52, 0.46], [0.8, 0.24], [0.72, 0.06]]],
    [[[0.5, 0], [0.24, 0.1], [0.26, 0.38], [0.5, 0.46], [0.76, 0.36], [0.74, 0.1], [0.5, 0]], [[0.5, 0.46], [0.2, 0.6], [0.22, 0.92], [0.52, 1], [0.82, 0.9], [0.78, 0.58], [0.5, 0.46]]],
  ],
  // 9: a ring with a straight stem; with a bent stem; with a hook at the foot.
  [
    [[[0.8, 0.14], [0.46, 0.02], [0.16, 0.22], [0.24, 0.48], [0.56, 0.48], [0.82, 0.14, CORNER], [0.8, 0.56], [0.76, 1]]],
    [[[0.78, 0.12], [0.44, 0.02], [0.16, 0.26], [0.34, 0.5], [0.66, 0.4], [0.82, 0.12], [0.78, 0.54], [0.5, 1]]],
    [[[0.78, 0.16], [0.5, 0], [0.18, 0.18], [0.26, 0.48], [0.6, 0.46], [0.8, 0.16, CORNER], [0.84, 0.62], [0.66, 0.96], [0.24, 0.94]]],
  ],
];

/**
 * The stroke as a chain of points close enough to be joined by straight lines: a Catmull-Rom spline through its points,
 * which ends and starts again at each corner.
 *
 * @param into receives x and y of each point in turn.
 */
export function tracePen(stroke: Stroke, into: number[], pointsPerSpan = 5): void {
  let start = 0;
  for (let end = 1; end < stroke.length; end++) {
    if (end < stroke.length - 1 && stroke[end]?.[2] !== CORNER) continue;
    traceSpline(stroke, start, end, into, pointsPerSpan);
    start = end;
  }
}

function traceSpline(
  stroke: Stroke,
  start: number,
  end: number,
  into: number[],
  pointsPerSpan: number,
): void {
  const at = (i: number): StrokePoint => stroke[Math.min(Math.max(i, start), end)] as StrokePoint;
  for (let i = start; i < end; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let k = i === start ? 0 : 1; k <= pointsPerSpan; k++) {
      const t = k / pointsPerSpan;
      into.push(catmullRom(a[0], b[0], c[0], d[0], t), catmullRom(a[1], b[1], c[1], d[1], t));
    }
  }
}

/** Catmull and Rom 1974, tension 1/2: from b at t = 0 to c at t = 1. */
function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}
