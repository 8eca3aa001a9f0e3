import {fft, rootsOfUnity} from '../math/fft.js';
import {onGrid} from './on_grid.js';
import {Side} from './side.js';
import {copies, type LossTerm, type TiltPlan, truncation} from './tilt.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {ceil, expm1, floor, fround, log1p, log2} = Math;

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
