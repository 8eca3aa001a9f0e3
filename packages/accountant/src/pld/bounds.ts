import {findRoot} from '../math/root.js';
import type {PrivacyLoss} from './privacy_loss.js';
import {type PldSpectrum, pldSpectrum} from './spectrum.js';
import {copies, type LossTerm, planForDelta, planForEpsilon, type TiltPlan, truncation} from './tilt.js';

/** An interval that holds the value sought. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

const LEAST_SIZE = 1024;
const FIRST_SIZE_AT_MOST = 2 ** 17;
const LOOK_SIZE_AT_MOST = 2 ** 16;
const LARGEST_SIZE = 2 ** 20;
/** A refinement that finds no lower bound and lowers the upper one by less than this part is the last. */
const LEAST_GAIN = 0.05;
/** Factor on delta, as a power of e, where there is no lower bound at a delta itself. */
const LOOSER = 3;
const LOG_LEAST = -746;
const MOST_LOOKS = 4;
const MOST_STEPS_OUT = 200;
/** Losses above this or below its inverse do not fit a grid, nor does an epsilon this many windows from 0. */
const LARGEST_SCALE = 1e100;
const MOST_WINDOWS = 2 ** 24;
const MOST_PANELS = 2 ** 20;

/**
 * Bounds on the epsilon at which the finite part of the composed losses has a delta of exp(`logDelta`).
 *
 * @param width - the interval width to stop at, given its lower end.
 * @param floor - nothing at or below this matters: an interval there is wide enough.
 * @param loosening - factor on delta, as a power of e, for a lower bound where there is none at delta itself; doubled until
 *   there is one.
 */
export function boundEpsilon(
  terms: readonly LossTerm[],
  logDelta: number,
  width: (lower: number) => number,
  floor: number,
  loosening = LOOSER,
): Interval {
  const search =
    (plan: TiltPlan) =>
    (spectrum: PldSpectrum): Interval => ({
      lower: lastAbove(spectrum.lower, logDelta, plan, width(plan.epsilon)),
      upper: firstBelow(withTruncated(spectrum), logDelta, plan, width(plan.epsilon)),
    });
  let plan = planForDelta(terms, logDelta);
  let [lower, upper] = [0, largestLoss(terms)];
  if (!fitsAGrid(terms, plan)) return {lower, upper};
  let nearest = plan.epsilon;
  // The estimate may be off where rare large losses take over: look before measuring.
  for (let look = 0; look < MOST_LOOKS; look++) {
    const rough = Math.max(plan.deviation / 4, width(plan.epsilon));
    const found = search(plan)(
      pldSpectrum(terms, plan, Math.min(sizeFor(terms, plan, rough), LOOK_SIZE_AT_MOST), rough),
    );
    upper = Math.min(upper, found.upper);
    lower = Math.max(lower, Math.min(found.lower, upper));
    nearest = Math.min(upper, Math.max(lower, plan.epsilon));
    if (Math.abs(nearest - plan.epsilon) <= rough || upper <= floor) break;
    const next = planForEpsilon(terms, nearest, logDelta);
    if (!fitsAGrid(terms, next)) return {lower, upper};
    plan = next;
  }
  const guess = Math.max(width(nearest), (floor - nearest) / 2);
  const enough = ({lower, upper}: Interval): number => (upper <= floor ? Infinity : width(lower));
  const found = narrowed(terms, plan, guess, search(plan), enough, {lower, upper});
  const looser = logDelta + loosening;
  if (found.upper - found.lower <= enough(found) || found.lower > 0 || looser > -1) return found;
  // Within rounding of the largest loss there may be no lower bound but that of a larger delta.
  return {
    ...found,
    lower: Math.min(found.upper, boundEpsilon(terms, looser, width, floor, 2 * loosening).lower),
  };
}

/** Bounds on ln(delta) of the finite part of the composed losses at `epsilon`. */
export function boundLogDelta(terms: readonly LossTerm[], epsilon: number, tolerance: number): Interval {
  if (epsilon >= largestLoss(terms)) return {lower: -Infinity, upper: -Infinity};
  const plan = planForEpsilon(terms, epsilon);
  if (!fitsAGrid(terms, plan)) return {lower: -Infinity, upper: 0};
  const search = (spectrum: PldSpectrum): Interval => ({
    lower: Math.min(0, spectrum.lower(epsilon)),
    upper: Math.min(0, withTruncated(spectrum)(epsilon)),
  });
  // Below the smallest double it does not matter.
  const width = ({upper}: Interval): number => (upper < LOG_LEAST ? Infinity : tolerance);
  // One more unit of epsilon changes ln(delta) by about the tilt.
  return narrowed(terms, plan, tolerance / plan.tilt, search, width, {lower: -Infinity, upper: 0});
}

/** Refines the grid until the interval is as narrow as wanted; every pass only ever tightens what is known. */
function narrowed(
  terms: readonly LossTerm[],
  plan: TiltPlan,
  guess: number,
  search: (spectrum: PldSpectrum) => Interval,
  width: (found: Interval) => number,
  known: Interval,
): Interval {
  let {lower, upper} = known;
  if (upper - lower <= width(known)) return known;
  let before = Infinity;
  let size = Math.min(sizeFor(terms, plan, guess), FIRST_SIZE_AT_MOST);
  for (;;) {
    const found = search(pldSpectrum(terms, plan, size, guess));
    lower = Math.max(lower, Math.min(found.lower, upper));
    upper = Math.min(upper, Math.max(found.upper, lower));
    const excess = (upper - lower) / width({lower, upper});
    const stuck = lower <= known.lower && before - upper < before * LEAST_GAIN;
    if (!(excess > 1) || size >= LARGEST_SIZE || stuck) return {lower, upper};
    before = upper;
    const finer = Number.isFinite(excess) ? Math.sqrt(1.1 * excess) : 4;
    size = Math.min(LARGEST_SIZE, Math.max(2 * size, powerOfTwo(size * finer)));
  }
}

/** No epsilon above this is needed but for infinite losses. */
function largestLoss(terms: readonly LossTerm[]): number {
  const total = terms.reduce((sum, {loss: {atoms, densities}, count}) => {
    const all = [...densities.map(({largest: most}) => most), ...atoms.map(({loss}) => loss)];
    const largest = all.reduce((most, each) => Math.max(most, each), -Infinity);
    return sum + count * largest;
  }, 0);
  return Math.max(0, total * (1 + 2 ** -40));
}

/** Whether all numbers of a plan are within what doubles can square and tell apart, and the work is bearable. */
function fitsAGrid(terms: readonly LossTerm[], plan: TiltPlan): boolean {
  const {epsilon, tilt, deviation, window} = plan;
  const logMass = truncation(plan.logDelta, copies(terms));
  const fits = (value: number): boolean => value > 1 / LARGEST_SCALE && value < LARGEST_SCALE;
  return (
    fits(tilt) &&
    fits(deviation) &&
    fits(window) &&
    Math.abs(epsilon) < window * MOST_WINDOWS &&
    terms.every(({loss}) => panels(loss, logMass) < MOST_PANELS)
  );
}

/** About how many quadrature panels a loss takes: with next to no noise, its density is a needle. */
function panels({densities}: PrivacyLoss, logMass: number): number {
  return densities.reduce((sum, {range, roughness}) => {
    const [from, to] = range(logMass);
    return sum + (to - from) * roughness(to);
  }, 0);
}

/** The number of grid points that an interval as narrow as `width` should take. */
function sizeFor(terms: readonly LossTerm[], plan: TiltPlan, width: number): number {
  const total = copies(terms);
  // A split adds up to h^2 / 6 to a step's variance, a merge takes h^2 / 3; delta grows by e^(variance tilt (tilt + 1) / 2).
  const step = Math.sqrt((4 * width) / (total * (plan.tilt + 1)));
  return Math.min(LARGEST_SIZE, powerOfTwo(plan.window / step));
}

function powerOfTwo(size: number): number {
  return Math.max(LEAST_SIZE, 2 ** Math.ceil(Math.log2(size)));
}

/** ln of the upper delta with what was truncated. */
function withTruncated({upper, truncated}: PldSpectrum): (epsilon: number) => number {
  return (epsilon) => Math.log(Math.exp(upper(epsilon)) + truncated);
}

/** An epsilon >= 0, as small as can be found, at which an upper bound on ln(delta) is at most `logDelta`. */
function firstBelow(f: (epsilon: number) => number, logDelta: number, plan: TiltPlan, least: number): number {
  const excess = (epsilon: number): number => f(epsilon) - logDelta;
  let [inside, outside] = [plan.epsilon, plan.epsilon];
  let stride = Math.max(plan.deviation, least) / 4;
  if (excess(outside) > 0) {
    for (let i = 0; excess(outside) > 0; i++, stride *= 2) {
      if (i === MOST_STEPS_OUT) return Infinity;
      inside = outside;
      outside += stride;
    }
  } else {
    for (; excess(inside) <= 0; stride *= 2) {
      if (inside <= 0) return 0;
      outside = inside;
      inside = Math.max(0, inside - stride);
    }
  }
  return findRoot(excess, {lower: inside, upper: outside}, precision(outside, plan)).upper;
}

/** An epsilon >= 0, as large as can be found, at which a lower bound on ln(delta) is at least `logDelta`; or 0. */
function lastAbove(f: (epsilon: number) => number, logDelta: number, plan: TiltPlan, least: number): number {
  const excess = (epsilon: number): number => Math.max(-1e3, f(epsilon) - logDelta);
  let [inside, outside] = [plan.epsilon, plan.epsilon];
  let stride = Math.max(plan.deviation, least) / 4;
  if (excess(outside) >= 0) {
    for (let i = 0; excess(outside) >= 0; i++, stride *= 2) {
      if (i === MOST_STEPS_OUT) return inside;
      inside = outside;
      outside += stride;
    }
  } else {
    for (; excess(inside) < 0; stride *= 2) {
      if (inside <= 0) return 0;
      outside = inside;
      inside = Math.max(0, inside - stride);
    }
  }
  return findRoot(excess, {lower: inside, upper: outside}, precision(outside, plan)).lower;
}

function precision(epsilon: number, {tilt}: TiltPlan): number {
  return Math.max(1e-9 / tilt, epsilon * 2 ** -50, 1e-300);
}
