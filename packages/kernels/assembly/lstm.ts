import {tanh4} from './exponential';
import {loadPart, storePart} from './part';
import {slope, squash} from './squash';

/**
 * One step of a long short-term memory cell, whose gates are laid out as in Keras: input, forget, candidate, output.
 * In each row, gates [4 * units] comes as the input's share and goes as the activated gates; z [4 * units] is the state's
 * share; cells and out become the new cell state and output. `hard`: gates by 0.2 x + 0.5, clipped to [0, 1].
 * Strides count bytes from row to row; z has none of its own.
 */
export function lstmCell(
  z: usize,
  gates: usize,
  gatesStride: usize,
  previous: usize,
  previousStride: usize,
  cells: usize,
  out: usize,
  stateStride: usize,
  rows: i32,
  units: i32,
  hard: bool,
): void {
  const gate = (<usize>units) << 2;
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < units; j += 4) {
      const n = min(units - j, 4);
      const at = (<usize>j) << 2;
      const i = squash(f32x4.add(loadPart(gates + at, n), loadPart(z + at, n)), hard);
      const f = squash(f32x4.add(loadPart(gates + gate + at, n), loadPart(z + gate + at, n)), hard);
      const g = tanh4(f32x4.add(loadPart(gates + 2 * gate + at, n), loadPart(z + 2 * gate + at, n)));
      const o = squash(f32x4.add(loadPart(gates + 3 * gate + at, n), loadPart(z + 3 * gate + at, n)), hard);
      const c = f32x4.add(f32x4.mul(f, loadPart(previous + at, n)), f32x4.mul(i, g));
      storePart(gates + at, i, n);
      storePart(gates + gate + at, f, n);
      storePart(gates + 2 * gate + at, g, n);
      storePart(gates + 3 * gate + at, o, n);
      storePart(cells + at, c, n);
      storePart(out + at, f32x4.mul(o, tanh4(c)), n);
    }
    z += 4 * gate;
    gates += gatesStride;
    previous += previousStride;
    cells += stateStride;
    out += stateStride;
  }
}

/**
 * The step backwards. dy is the gradient of this step's output from outside, dh from the step after, dc that of the cell
 * state, which goes on to the step before; dz becomes the gradient of the gates before their activation. dh and dc:
 * [rows, units]; dz has the strides of gates, dy those of cells.
 */
export function lstmCellGradient(
  gates: usize,
  gatesStride: usize,
  previous: usize,
  previousStride: usize,
  cells: usize,
  stateStride: usize,
  dy: usize,
  dh: usize,
  dc: usize,
  dz: usize,
  rows: i32,
  units: i32,
  hard: bool,
): void {
  const gate = (<usize>units) << 2;
  const one = f32x4.splat(1);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < units; j += 4) {
      const n = min(units - j, 4);
      const at = (<usize>j) << 2;
      const i = loadPart(gates + at, n);
      const f = loadPart(gates + gate + at, n);
      const g = loadPart(gates + 2 * gate + at, n);
      const o = loadPart(gates + 3 * gate + at, n);
      const t = tanh4(loadPart(cells + at, n));
      const output = f32x4.add(loadPart(dy + at, n), loadPart(dh + at, n));
      const throughTanh = f32x4.mul(f32x4.mul(output, o), f32x4.sub(one, f32x4.mul(t, t)));
      const cell = f32x4.add(loadPart(dc + at, n), throughTanh);
      storePart(dz + at, f32x4.mul(f32x4.mul(cell, g), slope(i, hard)), n);
      storePart(dz + gate + at, f32x4.mul(f32x4.mul(cell, loadPart(previous + at, n)), slope(f, hard)), n);
      storePart(dz + 2 * gate + at, f32x4.mul(f32x4.mul(cell, i), f32x4.sub(one, f32x4.mul(g, g))), n);
      storePart(dz + 3 * gate + at, f32x4.mul(f32x4.mul(output, t), slope(o, hard)), n);
      storePart(dc + at, f32x4.mul(cell, f), n);
    }
    gates += gatesStride;
    previous += previousStride;
    cells += stateStride;
    dy += stateStride;
    dh += gate;
    dc += gate;
    dz += gatesStride;
  }
}
