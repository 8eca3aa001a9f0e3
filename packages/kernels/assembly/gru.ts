import {tanh4} from './exponential';
import {loadPart, storePart} from './part';
import {slope, squash} from './squash';

// One step of a gated recurrent unit, whose gates are laid out as in Keras: update z, reset r, candidate c. The reset comes
// before the candidate's product with the state (`resetAfter: false`), so that a step is two calls with a product between:
//
//   z, r = squash(x W + h U)    c = tanh(x W + (r h) U)    h' = z h + (1 - z) c
//
// Strides count bytes from row to row; operands without one have rows of their own length.

/**
 * The first half. In each row, the first 2 * units of gates come as the input's share and go as the activated update and
 * reset gates; u [2 * units] is the state's share. reset becomes r h, for the state `previous`.
 */
export function gruGates(
  u: usize,
  gates: usize,
  gatesStride: usize,
  previous: usize,
  previousStride: usize,
  reset: usize,
  resetStride: usize,
  rows: i32,
  units: i32,
  hard: bool,
): void {
  const gate = (<usize>units) << 2;
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < units; j += 4) {
      const n = min(units - j, 4);
      const at = (<usize>j) << 2;
      const z = squash(f32x4.add(loadPart(gates + at, n), loadPart(u + at, n)), hard);
      const r = squash(f32x4.add(loadPart(gates + gate + at, n), loadPart(u + gate + at, n)), hard);
      storePart(gates + at, z, n);
      storePart(gates + gate + at, r, n);
      storePart(reset + at, f32x4.mul(r, loadPart(previous + at, n)), n);
    }
    u += 2 * gate;
    gates += gatesStride;
    previous += previousStride;
    reset += resetStride;
  }
}

/** The second half: the candidate, whose state's share is u [units], and the new state `out`. */
export function gruCandidate(
  u: usize,
  gates: usize,
  gatesStride: usize,
  previous: usize,
  previousStride: usize,
  out: usize,
  outStride: usize,
  rows: i32,
  units: i32,
): void {
  const gate = (<usize>units) << 2;
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < units; j += 4) {
      const n = min(units - j, 4);
      const at = (<usize>j) << 2;
      const z = loadPart(gates + at, n);
      const c = tanh4(f32x4.add(loadPart(gates + 2 * gate + at, n), loadPart(u + at, n)));
      const kept = f32x4.mul(z, loadPart(previous + at, n));
      storePart(gates + 2 * gate + at, c, n);
      storePart(out + at, f32x4.add(kept, f32x4.mul(f32x4.sub(one, z), c)), n);
    }
    u += gate;
    gates += gatesStride;
    previous += previousStride;
    out += outStride;
  }
}

/**
 * The second half backwards. dy is the gradient of this step's output from outside, dh [units] from the step after; dh becomes
 * what reaches the state before it through `z h`. d, with the strides of gates, gets the gradients of the update gate and
 * the candidate before their activation.
 */
export function gruCandidateGradient(
  gates: usize,
  gatesStride: usize,
  previous: usize,
  previousStride: usize,
  dy: usize,
  dyStride: usize,
  dh: usize,
  d: usize,
  rows: i32,
  units: i32,
  hard: bool,
): void {
  const gate = (<usize>units) << 2;
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < units; j += 4) {
      const n = min(units - j, 4);
      const at = (<usize>j) << 2;
      const z = loadPart(gates + at, n);
      const c = loadPart(gates + 2 * gate + at, n);
      const output = f32x4.add(loadPart(dy + at, n), loadPart(dh + at, n));
      const difference = f32x4.sub(loadPart(previous + at, n), c);
      const throughTanh = f32x4.sub(one, f32x4.mul(c, c));
      storePart(d + at, f32x4.mul(f32x4.mul(output, difference), slope(z, hard)), n);
      storePart(d + 2 * gate + at, f32x4.mul(f32x4.mul(output, f32x4.sub(one, z)), throughTanh), n);
      storePart(dh + at, f32x4.mul(output, z), n);
    }
    gates += gatesStride;
    previous += previousStride;
    dy += dyStride;
    dh += gate;
    d += gatesStride;
  }
}

/** The first half backwards, for the gradient dr [units] of r h: adds to dh, and d gets the gradient of the reset gate. */
export function gruGatesGradient(
  gates: usize,
  gatesStride: usize,
  previous: usize,
  previousStride: usize,
  dr: usize,
  dh: usize,
  d: usize,
  rows: i32,
  units: i32,
  hard: bool,
): void {
  const gate = (<usize>units) << 2;
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < units; j += 4) {
      const n = min(units - j, 4);
      const at = (<usize>j) << 2;
      const r = loadPart(gates + gate + at, n);
      const own = loadPart(dr + at, n);
      const throughReset = f32x4.mul(f32x4.mul(own, loadPart(previous + at, n)), slope(r, hard));
      storePart(d + gate + at, throughReset, n);
      storePart(dh + at, f32x4.add(loadPart(dh + at, n), f32x4.mul(own, r)), n);
    }
    gates += gatesStride;
    previous += previousStride;
    dr += gate;
    dh += gate;
    d += gatesStride;
  }
}
