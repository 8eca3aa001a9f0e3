import {fft, fftError, rootsOfUnity, type RootsOfUnity} from '../math/fft.js';
import {discretise, type LossGrid, type LossLimits, SNAP} from './discretise.js';
import {type LossMasses, type MergedMasses, mergedMasses, splitMasses} from './masses.js';
import type {PrivacyLoss} from './privacy_loss.js';
import {copies, type LossTerm, type TiltPlan, truncation} from './tilt.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {abs, ceil, exp, expm1, floor, fround, log, log1p, log2, max, min, round, sin, sqrt} = Math;
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
/** Cells on either side of the mode that decide where the grid should lie, shifts tried, and rounds of search. */
const NEAR_MODE = 200;
const OFFSETS = 8;
const ROUNDS = 24;

/** Bounds on ln(delta) of the finite part of a composed loss. */
export interface PldSpectrum {
  readonly upper: (epsilon: number) => number;
  readonly lower: (epsilon: number) => number;
  /** P-mass that was moved to infinite loss, to be added to delta. */
  readonly truncated: number;
}

/**
 * Composes losses on a grid of step plan.window / size, by one cyclic convolution of exponentially tilted masses:
 * with K the cumulant function of the masses and g(l) = e^(-t (l - epsilon)) (1 - e^(epsilon - l)) for l > epsilon,
 *   delta(epsilon) = e^(K(t) - t epsilon) * sum over l of tilted(l) g(l).
 * The tilted masses are multiplied in Fourier space, a count being a power. The sum is taken there too: the transform of g,
 * extended to infinity, is a geometric series. Since g >= 0, what the cyclic wrap adds is never negative: the upper bound
 * includes it, the lower bound subtracts a Chernoff bound on it. The upper masses travel as the real and the lower masses
 * as the imaginary part of one transform.
 *
 * Every rounding is accounted for: FFT and powers absolutely in Fourier space, masses and exponents relative to delta.
 */
export function pldSpectrum(
  terms: readonly LossTerm[],
  plan: TiltPlan,
  size: number,
  tolerance: number,
): PldSpectrum {
  const step = stepFor(terms, plan.window / size);
  const roots = rootsOfUnity(size);
  const total = copies(terms);
  const logMass = truncation(plan.logDelta, total);
  const upper = new Side(size, step, plan, roots);
  const lower = new Side(size, step, plan, roots);
  let logSurvive = 0;
  for (const [i, term] of terms.entries()) {
    const limits = {lowest: plan.lowest[i] ?? -Infinity, logMass};
    const {split, merged, truncated, defect} = onGrid(term, step, limits, tolerance / (8 * total));
    const re = new Float64Array(size);
    const im = new Float64Array(size);
    // A loss that is off by d changes its weight by (tilt + 1) d.
    const error = defect + (term.loss.massError ?? 0) * (plan.tilt + 2);
    upper.fold(split, term.count, error, re);
    lower.fold(merged, term.count, error, im);
    fft(re, im, roots);
    upper.multiply(re, im, term.count, false);
    lower.multiply(re, im, term.count, true);
    logSurvive += term.count * log1p(-truncated);
  }
  const over = upper.sums();
  const under = lower.sums();
  return {
    upper: (epsilon) => over.logDelta(epsilon, 1),
    lower: (epsilon) => under.logDelta(epsilon, -1),
    truncated: -expm1(logSurvive),
  };
}

/** A step that divides the lattice on which all losses lie; or one of 24 bits, so that offset + k * step is exact. */
function stepFor(terms: readonly LossTerm[], wanted: number): number {
  const lattice = terms[0]?.loss.lattice ?? 0;
  if (lattice > 0 && terms.every(({loss}) => loss.lattice === lattice)) {
    return lattice / ceil(lattice / wanted);
  }
  // fround alone would make the smallest ones 0.
  const scale = 2 ** floor(log2(wanted));
  return fround(wanted / scale) * scale;
}

interface OnGrid {
  readonly split: LossMasses;
  readonly merged: MergedMasses;
  readonly truncated: number;
  /** How far all masses together are from 1: a check on the quadrature, and paid for. */
  readonly defect: number;
}

/** Discretises, with the grid shifted if merging would give up more than `allowed` of the mean loss otherwise. */
function onGrid({loss}: LossTerm, step: number, limits: LossLimits, allowed: number): OnGrid {
  const plain = splitAndMerged(loss, {offset: 0, step}, limits);
  if (plain.merged.waste <= allowed || loss.densities.length === 0) return plain;
  const offset = matchingOffset(loss, step, limits, plain.merged.mode, allowed / 2);
  const shifted = splitAndMerged(loss, {offset, step}, limits);
  return shifted.merged.waste < plain.merged.waste ? shifted : plain;
}

function splitAndMerged(loss: PrivacyLoss, grid: LossGrid, limits: LossLimits): OnGrid {
  const cells = discretise(loss, grid, limits);
  const split = splitMasses(cells);
  let mass = loss.infinite + cells.above;
  for (const part of split.masses) mass += part;
  return {split, merged: mergedMasses(cells), truncated: cells.above, defect: abs(mass - 1)};
}

/**
 * A shift of the grid at which `mergedMasses` wastes at most `allowed`, or little, judged by the cells around the mode.
 * The waste is a periodic function of the shift that falls to zero at one or two places, with a kink there.
 */
function matchingOffset(
  loss: PrivacyLoss,
  step: number,
  limits: LossLimits,
  mode: number,
  allowed: number,
): number {
  const near = {
    ...limits,
    lowest: max(limits.lowest, mode - NEAR_MODE * step),
    highest: mode + NEAR_MODE * step,
  };
  // Multiples of 2^-24 of a step, so that every grid point is exact.
  const exact = (share: number): number => round(share * 2 ** 24) / 2 ** 24;
  let best = 0;
  let least = Infinity;
  const waste = (share: number): number => {
    const {waste: found} = mergedMasses(discretise(loss, {offset: exact(share) * step, step}, near));
    if (found < least) [best, least] = [share, found];
    return found;
  };
  for (let i = 0; i < OFFSETS && least > allowed; i++) waste(i / OFFSETS);
  let [left, right] = [best - 1 / OFFSETS, best + 1 / OFFSETS];
  let [atLeft, atRight] = [waste(left), waste(right)];
  for (let round = 0; round < ROUNDS && least > allowed; round++) {
    // In turn: where the line through the left end and the best point falls to zero, the same from the right, and the
    // middle of the longer part.
    const tried = [
      best + (least * (best - left)) / (atLeft - least),
      best - (least * (right - best)) / (atRight - least),
      best - left > right - best ? (left + best) / 2 : (best + right) / 2,
    ][round % 3] as number;
    if (!(tried > left && tried < right)) continue;
    const before = best;
    const atBest = least;
    const found = waste(tried);
    if (tried === before) continue;
    const [inner, outer, atOuter] = found < atBest ? [tried, before, atBest] : [before, tried, found];
    if (outer < inner) [left, atLeft] = [outer, atOuter];
    else [right, atRight] = [outer, atOuter];
  }
  return exact(best) * step;
}

/** One of the two bounds on its way through Fourier space. */
class Side {
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
