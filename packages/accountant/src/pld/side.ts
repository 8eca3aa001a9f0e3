import {fftError, type RootsOfUnity} from '../math/fft.js';
import {SNAP} from './discretise.js';
import type {LossMasses} from './masses.js';
import type {TiltPlan} from './tilt.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {abs, exp, expm1, floor, log, max, min, sin, sqrt} = Math;
const {PI} = Math;

/** The unit roundoff of a double. */
const U = 2 ** -53;
/** Relative error of a mass by quadrature and rounding, in units of U. */
const MASS_ERROR = 24;
/** Tilted Fourier coefficients below this are left out, and paid for. */
const NEGLIGIBLE = 1e-30;
const LOG_NEGLIGIBLE = log(NEGLIGIBLE);
/** Logarithm of a coefficient that is left out. */
const LOST = -Infinity;

/** One of the two bounds on its way through Fourier space. */
export class Side {
  readonly #size: number;
  readonly #step: number;
  readonly #plan: TiltPlan;
  readonly #roots: RootsOfUnity;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  /** Bound on the logarithm of a coefficient's absolute value, and its relative error. */
  readonly #logAbs: Float64Array;
  readonly #error: Float64Array;
  #logMoment = 0;
  #logMomentDown = 0;
  #logMomentUp = 0;
  #offset = 0;
  #slack = 0;
  #count = 0;

  constructor(size: number, step: number, plan: TiltPlan, roots: RootsOfUnity) {
    this.#size = size;
    this.#step = step;
    this.#plan = plan;
    this.#roots = roots;
    const half = size / 2 + 1;
    this.#re = new Float64Array(half).fill(1);
    this.#im = new Float64Array(half);
    this.#logAbs = new Float64Array(half);
    this.#error = new Float64Array(half);
  }

  /** Tilts masses, normalises them and adds them to a cyclic array. */
  fold({grid, first, masses}: LossMasses, count: number, error: number, into: Float64Array): void {
    const {tilt, downTilt, upTilt} = this.#plan;
    const losses = masses.map((_, i) => grid.offset + (first + i) * grid.step);
    const log = logMoment(masses, losses, tilt);
    let effort = 0;
    for (let i = 0; i < masses.length; i++) {
      const mass = masses[i] as number;
      if (mass === 0) continue;
      const power = tilt * (losses[i] as number);
      const tilted = mass * exp(power - log);
      effort += tilted * abs(power);
      const at = (((first + i) % this.#size) + this.#size) % this.#size;
      into[at] = (into[at] as number) + tilted;
    }
    this.#logMoment += count * log;
    this.#logMomentDown += count * logMoment(masses, losses, tilt - downTilt);
    this.#logMomentUp += count * logMoment(masses, losses, tilt + upTilt);
    this.#offset += count * grid.offset;
    this.#slack += count * (error + U * (MASS_ERROR + 2 * effort + 2 * abs(log)));
    this.#count += count;
  }

  /** Multiplies by the `count`-th power of the transform's real-input or imaginary-input half. */
  multiply(re: Float64Array, im: Float64Array, count: number, imaginary: boolean): void {
    const size = this.#size;
    const eta = 2 * fftError(size);
    for (let k = 0; k <= size / 2; k++) {
      const logAbs = this.#logAbs[k] as number;
      if (logAbs === LOST) continue;
      const mirror = (size - k) % size;
      const [zr, zi, mr, mi] = [re[k] as number, im[k] as number, re[mirror] as number, im[mirror] as number];
      // x = (Z_k + conj Z_-k) / 2 from the real part, y = (Z_k - conj Z_-k) / 2i from the imaginary part.
      const xr = (imaginary ? zi + mi : zr + mr) / 2;
      const xi = (imaginary ? mr - zr : zi - mi) / 2;
      const square = xr * xr + xi * xi;
      const least = max(sqrt(square), eta);
      const power = logAbs + count * log(least);
      const error = (this.#error[k] as number) + count * (eta / least + 6 * U);
      if (power + min(error, 700) < LOG_NEGLIGIBLE) {
        this.#logAbs[k] = LOST;
        this.#re[k] = 0;
        this.#im[k] = 0;
        continue;
      }
      this.#logAbs[k] = power;
      this.#error[k] = error;
      this.#raise(k, xr, xi, count);
    }
  }

  #raise(k: number, xr: number, xi: number, count: number): void {
    let [ar, ai] = [this.#re[k] as number, this.#im[k] as number];
    let [br, bi] = [xr, xi];
    for (let rest = count; ;) {
      if (rest % 2 === 1) {
        const r = ar * br - ai * bi;
        ai = ar * bi + ai * br;
        ar = r;
      }
      rest = floor(rest / 2);
      if (rest === 0) break;
      const r = br * br - bi * bi;
      bi = 2 * br * bi;
      br = r;
    }
    this.#re[k] = ar;
    this.#im[k] = ai;
  }

  /** Ready to be evaluated at any epsilon. */
  sums(): {logDelta: (epsilon: number, sign: 1 | -1) => number} {
    const size = this.#size;
    const step = this.#step;
    const {tilt, bottom, downTilt, upTilt} = this.#plan;
    const {cos, sin} = this.#roots;
    const period = size * step;
    const fall = exp(-tilt * step);
    const fallMore = exp(-(tilt + 1) * step);
    const index: number[] = [];
    const quotients: number[] = [];
    let error = 0;
    let scale = 0;
    for (let k = 0; k <= size / 2; k++) {
      const c = cos[k] as number;
      const s = sin[k] as number;
      // 1 - e^(-a + i w) without cancellation.
      const versine = k === 0 ? 0 : 2 * sinHalfSquared(k, size);
      const d1r = -expm1(-tilt * step) + fall * versine;
      const d1i = -fall * s;
      const d2r = -expm1(-(tilt + 1) * step) + fallMore * versine;
      const d2i = -fallMore * s;
      const dr = d1r * d2r - d1i * d2i;
      const di = d1r * d2i + d1i * d2r;
      const norm = dr * dr + di * di;
      const weight = k === 0 || 2 * k === size ? 1 : 2;
      const inverse = weight / sqrt(norm);
      const logAbs = this.#logAbs[k] as number;
      if (logAbs === LOST) {
        error += inverse * NEGLIGIBLE;
        continue;
      }
      const [fr, fi] = [this.#re[k] as number, this.#im[k] as number];
      const qr = (weight * (fr * dr + fi * di)) / norm;
      const qi = (weight * (fi * dr - fr * di)) / norm;
      index.push(k);
      quotients.push(qr, qi, fall * (qr * c - qi * s), fall * (qr * s + qi * c));
      error += inverse * exp(logAbs) * expm1(min(700, this.#error[k] as number));
      scale += inverse * exp(logAbs);
    }
    error += scale * U * (40 + index.length);
    const [logMoment, slack, offset] = [this.#logMoment, this.#slack, this.#offset];
    const wrapDown = this.#logMomentDown - logMoment;
    const wrapUp = this.#logMomentUp - logMoment;
    const snap = this.#count * SNAP * step;
    const logDelta = (wanted: number, sign: 1 | -1): number => {
      const epsilon = wanted - sign * snap;
      const j = floor((epsilon - offset) / step) + 1;
      const above = min(step, max(0, offset + j * step - epsilon));
      const alpha = -expm1(-above);
      const beta = -exp(-above) * expm1(above - step);
      const turn = ((j % size) + size) % size;
      let sum = 0;
      for (let n = 0; n < index.length; n++) {
        const at = ((index[n] as number) * turn) % size;
        const r = alpha * (quotients[4 * n] as number) + beta * (quotients[4 * n + 2] as number);
        const i = alpha * (quotients[4 * n + 1] as number) + beta * (quotients[4 * n + 3] as number);
        sum += r * (cos[at] as number) - i * (sin[at] as number);
      }
      const bound = (error * (alpha + beta * fall)) / size;
      const lead = exp(-tilt * above);
      let value = lead * (sum / size + sign * bound);
      if (sign === -1) {
        const cut = min(bottom, epsilon);
        const spare = period - (epsilon - cut);
        const again = 1 / -expm1(-tilt * period);
        const below = exp(min(0, wrapDown + downTilt * cut));
        const beyond = exp(min(0, wrapUp - upTilt * (epsilon + period)));
        value -= exp(-tilt * spare) * again + (below + beyond) * (1 / (1 + tilt) + again - 1);
      }
      if (!(value > 0)) return LOST;
      const exponent = logMoment - tilt * epsilon;
      const rounding = slack + 8 * U * (abs(logMoment) + abs(tilt * epsilon) + 4);
      return exponent + log(value) + sign * rounding;
    };
    return {logDelta};
  }
}

/** sin^2(pi k / size), to full accuracy for small k too. */
function sinHalfSquared(k: number, size: number): number {
  return sin((PI * k) / size) ** 2;
}

/** ln of the sum of masses * e^(tilt * losses). */
function logMoment(masses: Float64Array, losses: Float64Array, tilt: number): number {
  let top = -Infinity;
  for (let i = 0; i < masses.length; i++) {
    if ((masses[i] as number) > 0) top = max(top, tilt * (losses[i] as number));
  }
  let sum = 0;
  for (let i = 0; i < masses.length; i++) {
    const mass = masses[i] as number;
    if (mass > 0) sum += mass * exp(tilt * (losses[i] as number) - top);
  }
  return top + log(sum);
}
