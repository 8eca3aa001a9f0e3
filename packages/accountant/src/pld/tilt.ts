import {type Cumulants, cumulants, lossNodes, type LossNodes} from './loss_nodes.js';
import type {PrivacyLoss} from './privacy_loss.js';

/** `count` independent copies of a loss. */
export interface LossTerm {
  readonly loss: PrivacyLoss;
  readonly count: number;
}

/** A term in the short form that planning uses. */
interface PlannedTerm {
  readonly nodes: LossNodes;
  readonly count: number;
}

/** How to compute delta near one epsilon: good or bad, it affects width and speed, never that a bound is a bound. */
export interface TiltPlan {
  /** Epsilon to be expected. */
  readonly epsilon: number;
  /** Natural logarithm of the delta to be expected. */
  readonly logDelta: number;
  /** The exponential tilt, > 0. */
  readonly tilt: number;
  /** Standard deviation of the composed loss under the tilt. */
  readonly deviation: number;
  /** Period of the cyclic convolution. */
  readonly window: number;
  /** A loss below which there is little mass under the tilt, and the tilts that show that little lies below and above. */
  readonly bottom: number;
  readonly downTilt: number;
  readonly upTilt: number;
  /** For each term, the loss below which what it has weighs next to nothing under the tilt. */
  readonly lowest: readonly number[];
}

/** Mass beyond the window, and weight beyond the tilt's reach, as a power of 1 / e relative to the result. */
const REST = 14;
/** The first tilt tried, in units of one over the standard deviation, and the ratio to the next. */
const FIRST_TILT = 0.05;
const TILT_RATIO = 1.3;
const MOST_TILTS = 30;
const REFINEMENTS = 14;
/** Shares of the best Chernoff tilt that are tried for a shorter window. */
const SHARES = [1, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05];
/** ln of the part of a result that rounding may cost, over the FFT's. */
const ROUNDING = Math.log(1e10);
/** How often a single loss may be wound around the window. */
const MOST_WINDS = 8;
const MULTIPLES = [0.5, 1, 1.5, 2.2, 3.2, 4.6, 7];
/** The delta that planning for an epsilon starts with, and one below which all of a double's range is covered. */
const LOG_DELTA = -40;
const LEAST_LOG_DELTA = -700;

/** The cumulants of the composed loss. */
function composedCumulants(terms: readonly PlannedTerm[], tilt: number): Cumulants {
  let [log, mean, variance] = [0, 0, 0];
  for (const {nodes, count} of terms) {
    const one = cumulants(nodes, tilt);
    log += count * one.log;
    mean += count * one.mean;
    variance += count * one.variance;
  }
  return {log, mean, variance: Math.max(variance, 1e-300)};
}

/** Plans for the epsilon at which delta is exp(`logDelta`), estimated by Chernoff's bound, corrected as at a saddle point. */
export function planForDelta(terms: readonly LossTerm[], logDelta: number): TiltPlan {
  const planned = plannedTerms(terms, logDelta);
  const tilt = bestTilt(planned, (log, t) => (log + logGreatest(t) - logDelta) / t);
  const at = composedCumulants(planned, tilt);
  const epsilon = Math.max(0, (at.log + logTypical(at, tilt) - logDelta) / tilt);
  return shortest(planned, tilt, epsilon, logDelta);
}

/** Plans for a given epsilon, at which delta is exp(`logDelta`) if that is known. */
export function planForEpsilon(terms: readonly LossTerm[], epsilon: number, logDelta?: number): TiltPlan {
  for (let assumed = logDelta ?? LOG_DELTA; ; assumed *= 3) {
    const planned = plannedTerms(terms, assumed);
    const tilt = bestTilt(planned, (log, t) => log + logGreatest(t) - t * epsilon);
    if (logDelta !== undefined) return shortest(planned, tilt, epsilon, logDelta);
    const at = composedCumulants(planned, tilt);
    const found = Math.min(0, at.log + logTypical(at, tilt) - tilt * epsilon);
    if (found > assumed || assumed < LEAST_LOG_DELTA) return shortest(planned, tilt, epsilon, found);
  }
}

/** ln of the largest value of e^(-t x) (1 - e^-x): delta is at most e^(K(t) - t epsilon) times it. */
function logGreatest(tilt: number): number {
  return tilt * -Math.log1p(1 / tilt) - Math.log1p(tilt);
}

/** ln of the mean of that function under a normal distribution around the saddle point, if it is smaller. */
function logTypical({variance}: Cumulants, tilt: number): number {
  return Math.min(logGreatest(tilt), -Math.log(tilt * (tilt + 1)) - Math.log(2 * Math.PI * variance) / 2);
}

/** The tilt at which a function of K(tilt) and the tilt, falling and then rising, is smallest. */
function bestTilt(terms: readonly PlannedTerm[], f: (log: number, tilt: number) => number): number {
  let tilt = FIRST_TILT / Math.sqrt(composedCumulants(terms, 0).variance);
  let [best, least] = [tilt, Infinity];
  let rises = 0;
  for (let i = 0; i < MOST_TILTS && rises < 3; i++, tilt *= TILT_RATIO) {
    const value = f(composedCumulants(terms, tilt).log, tilt);
    if (value < least) [best, least, rises] = [tilt, value, 0];
    else rises++;
  }
  let [left, right] = [best / TILT_RATIO, best * TILT_RATIO];
  for (let i = 0; i < REFINEMENTS; i++) {
    const inner = [left + (right - left) / 3, right - (right - left) / 3] as const;
    const [atFirst, atSecond] = inner.map((t) => f(composedCumulants(terms, t).log, t)) as [number, number];
    if (atFirst < atSecond) right = inner[1];
    else left = inner[0];
  }
  return (left + right) / 2;
}

/** The terms with what matters for deltas down to exp(`logDelta`). */
function plannedTerms(terms: readonly LossTerm[], logDelta: number): PlannedTerm[] {
  const total = copies(terms);
  const logMass = truncation(logDelta, total);
  return terms.map(({loss, count}) => ({nodes: lossNodes(loss, logMass), count}));
}

/** How many losses are composed. */
export function copies(terms: readonly {readonly count: number}[]): number {
  return terms.reduce((sum, {count}) => sum + count, 0);
}

/** Logarithm of the mass that each of `total` losses may lose, for a delta of exp(`logDelta`). */
export function truncation(logDelta: number, total: number): number {
  return Math.min(-1, logDelta - Math.log(total) - REST);
}

/** The plan with the fewest grid points: near a tilt where rare large losses take over, less tilt is better. */
function shortest(terms: readonly PlannedTerm[], tilt: number, epsilon: number, logDelta: number): TiltPlan {
  const size = (plan: TiltPlan): number => plan.window * Math.sqrt(plan.tilt + 1);
  const total = copies(terms);
  // Rounding grows with the number of terms and with how small the sum is against its leading factor.
  const enough = (share: number): boolean => {
    const {log} = composedCumulants(terms, share * tilt);
    return share === 1 || log - share * tilt * epsilon - logDelta < ROUNDING - Math.log(total);
  };
  const plans = SHARES.filter(enough).map((share) => planAt(terms, share * tilt, epsilon, logDelta));
  return plans.reduce((best, plan) => (size(plan) < size(best) ? plan : best));
}

function planAt(terms: readonly PlannedTerm[], tilt: number, epsilon: number, logDelta: number): TiltPlan {
  const at = composedCumulants(terms, tilt);
  const deviation = Math.sqrt(at.variance);
  // delta = e^(log - tilt * epsilon) * sum: how small the sum is, and what may be added to it.
  const rest = REST + Math.max(0, at.log - tilt * epsilon - logDelta);
  let [lowEnd, downTilt, highEnd, upTilt] = [-Infinity, 1 / deviation, Infinity, 1 / deviation];
  for (const multiple of MULTIPLES) {
    const by = multiple / deviation;
    const low = (at.log - composedCumulants(terms, tilt - by).log - rest) / by;
    const high = (composedCumulants(terms, tilt + by).log - at.log + rest) / by;
    if (low > lowEnd) [lowEnd, downTilt] = [low, by];
    if (high < highEnd) [highEnd, upTilt] = [high, by];
  }
  const bottom = Math.min(lowEnd, epsilon);
  const lowest = terms.map(({nodes}) => lowestLoss(nodes, tilt, terms));
  // A window far shorter than what a single loss spans would need more cells than it saves points.
  const spans = terms.map(({nodes: {losses}}, i) => {
    const from = Math.max(lowest[i] as number, losses[0] as number);
    return (losses[losses.length - 1] as number) - from;
  });
  const window = Math.max(
    epsilon - bottom + rest / tilt,
    highEnd - epsilon,
    deviation,
    Math.max(...spans) / MOST_WINDS,
  );
  return {epsilon, logDelta, tilt, deviation, window, bottom, downTilt, upTilt, lowest};
}

function lowestLoss({losses, logMasses}: LossNodes, tilt: number, terms: readonly PlannedTerm[]): number {
  let top = -Infinity;
  for (let i = 0; i < losses.length; i++) {
    top = Math.max(top, (logMasses[i] as number) + tilt * (losses[i] as number));
  }
  const total = copies(terms);
  const least = top - Math.log(total) - REST - 4;
  let mass = 0;
  for (let i = 0; i < losses.length; i++) {
    mass += Math.exp(logMasses[i] as number);
    if (Math.log(mass) + tilt * (losses[i] as number) > least) {
      return i === 0 ? -Infinity : (losses[i - 1] as number);
    }
  }
  return -Infinity;
}
