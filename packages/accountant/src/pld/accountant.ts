import {
  requireDelta,
  requireFinite,
  requireInteger,
  requireOneOf,
  requireOptions,
  requirePositive,
} from '../checks.js';
import {checkEvent, type DpEvent} from '../event.js';
import {gaussianLogDeltaAnyEpsilon} from '../gaussian/delta_any_epsilon.js';
import {gaussianEpsilon} from '../gaussian/epsilon.js';
import {NEIGHBOURING_RELATIONS, type NeighbouringRelation} from '../neighbours.js';
import {checkSupport} from '../support.js';
import {boundEpsilon, boundLogDelta, type Interval} from './bounds.js';
import {gaussianMixtureLoss} from './gaussian_mixture_loss.js';
import {type ComposedLosses, NOTHING, withEvent} from './loss_pairs.js';
import type {Direction, PrivacyLoss} from './privacy_loss.js';
import {singleStepEpsilon, singleStepLogDelta} from './single_step.js';
import type {LossTerm} from './tilt.js';

/** Options of {@link PldAccountant}. */
export interface PldAccountantOptions {
  /**
   * Relative width of the intervals, in (0, 1): epsilon's is at most the larger of `tolerance` times epsilon and a tenth of
   * `tolerance`. Default: 1e-3. Below about 1e-5 runs of many steps reach the finest grid first, and stay wider.
   */
  readonly tolerance?: number;
  /** The relation that the bounds are for. Default: `'addOrRemoveOne'`. */
  readonly neighboring?: NeighbouringRelation;
}

/** An interval that holds the true value for the composed dominating pairs. */
export interface PrivacyBounds {
  /** The true value is not below this. */
  readonly lower: number;
  /** The true value is not above this: the guarantee. */
  readonly upper: number;
  /**
   * What `lower` is a bound for. `'mechanism'`: two neighbouring datasets reach it. `'dominatingPair'`: what is known of the
   * events is no better, but a mechanism that they describe may be more private.
   */
  readonly lowerIsFor: 'mechanism' | 'dominatingPair';
  /** Why the interval is wider than the tolerance, if it is. */
  readonly why?: string;
}

/** Which of the two directions to bound. */
export interface DirectionOptions {
  /** `'remove'`: the record is in the first dataset only; `'add'`: in the second only. Default: the larger of both. */
  readonly direction?: Direction;
}

/** Closed forms are good to this many parts. */
const EXACT = 1e-11;
const NO_LOSS: Interval = {lower: -Infinity, upper: -Infinity};
const DIRECTIONS: readonly Direction[] = ['remove', 'add'];
const NON_PRIVATE = 'something without any guarantee was composed';
const EXPOSED = 'records were sampled for a release without noise';
const INFINITE_LOSS = 'delta is not above the probability of an infinite privacy loss';
const FINEST = 'the finest grid gives no narrower interval';

/**
 * Accounts by privacy loss distributions: certified lower and upper bounds, as near to each other as asked for.
 *
 * Guarantee: `upper` is an upper and `lower` a lower bound for everything composed so far, with the errors of
 * discretisation, truncation, wrap-around and rounding all on the safe side, provided that the events describe the
 * mechanism and that the parameters are public. The two directions of a neighbouring relation are composed apart.
 *
 * @example
 * const accountant = new PldAccountant();
 * const step = poissonSampled({samplingProbability: 256 / 60000, event: gaussian({noiseMultiplier: 1.1})});
 * accountant.compose(step, 14062).epsilon(1e-5); // lower 2.380, upper 2.382
 */
export class PldAccountant {
  /** The relation that the bounds are for. */
  readonly neighboring: NeighbouringRelation;
  /** The relative width asked for. */
  readonly tolerance: number;
  #losses: ComposedLosses = NOTHING;

  /** @throws RangeError for a tolerance out of (0, 1) or an unknown relation. */
  constructor(options: PldAccountantOptions = {}) {
    requireOptions('options', options);
    const {tolerance = 1e-3, neighboring = 'addOrRemoveOne'} = options;
    requirePositive('tolerance', tolerance);
    if (tolerance >= 1) throw new RangeError(`tolerance must be < 1, got ${tolerance}`);
    requireOneOf('neighboring', neighboring, NEIGHBOURING_RELATIONS);
    this.tolerance = tolerance;
    this.neighboring = neighboring;
  }

  /**
   * Adds `count` copies of `event`. Checks everything before it changes anything, so a refused event leaves no trace.
   *
   * @param event - what was or will be released; its parameters are public.
   * @param count - how many times, an integer >= 0. Default: 1.
   * @returns this accountant.
   * @throws UnsupportedEventError if this accountant has no bound for the event under its relation; RangeError or TypeError
   *   if something is not an event or a count.
   */
  compose(event: DpEvent, count = 1): this {
    checkEvent(event);
    requireInteger('count', count, 0);
    checkSupport('PldAccountant', event, this.neighboring);
    this.#losses = withEvent(this.#losses, event, count, this.neighboring);
    return this;
  }

  /**
   * Bounds on the smallest epsilon >= 0, in nats, at which what was composed is (epsilon, delta)-private.
   *
   * @throws RangeError unless 0 < delta < 1.
   */
  epsilon(delta: number, {direction}: DirectionOptions = {}): PrivacyBounds {
    requireDelta('delta', delta);
    const wide = (lower: number): number => this.tolerance * Math.max(lower, 0.1);
    return this.#larger(direction, {lower: 0, upper: Infinity}, wide, (way, floor) => {
      const exact = this.#exactEpsilon(delta, way);
      if (exact !== undefined) return around(exact);
      const {terms, infinite, logShare} = this.#terms(way);
      if (delta <= infinite) return {lower: Infinity, upper: Infinity};
      if (terms.length === 0) return {lower: 0, upper: 0};
      const logDelta = Math.log(delta - infinite) - logShare;
      if (logDelta >= 0) return {lower: 0, upper: 0};
      return boundEpsilon(terms, logDelta, wide, floor);
    });
  }

  /**
   * Bounds on the smallest delta at which what was composed is (epsilon, delta)-private. Their ratio is at most
   * 1 + `tolerance`, where the finest grid allows.
   *
   * @param epsilon - in nats; may be negative.
   * @throws RangeError unless epsilon is finite.
   */
  delta(epsilon: number, {direction}: DirectionOptions = {}): PrivacyBounds {
    requireFinite('epsilon', epsilon);
    const wide = (lower: number): number => this.tolerance * lower;
    return this.#larger(direction, {lower: 0, upper: 1}, wide, (way) => {
      const exact = this.#exactLogDelta(epsilon, way);
      if (exact !== undefined) {
        const {lower, upper} = around(Math.exp(exact));
        return {lower, upper: Math.min(1, upper)};
      }
      const {terms, infinite, logShare} = this.#terms(way);
      const {lower, upper} = terms.length === 0 ? NO_LOSS : boundLogDelta(terms, epsilon, this.tolerance / 2);
      // What is released with infinite loss adds to the rest; and no delta is below 1 - e^epsilon.
      const least = -Math.expm1(epsilon);
      return {
        lower: Math.max(least, infinite, infinite + Math.exp(lower + logShare)),
        upper: Math.min(1, Math.max(least, infinite + Math.exp(upper + logShare))),
      };
    });
  }

  /** The larger of both directions, each with what is known already as a floor that matters no more. */
  #larger(
    direction: Direction | undefined,
    worst: Interval,
    wide: (lower: number) => number,
    bound: (direction: Direction, floor: number) => Interval,
  ): PrivacyBounds {
    if (direction !== undefined) requireOneOf('direction', direction, DIRECTIONS);
    const lowerIsFor = [...this.#losses.pairs.values()].every(({pair}) => pair.attained)
      ? 'mechanism'
      : 'dominatingPair';
    if (this.#losses.exposed && !this.#losses.nonPrivate) return {...worst, lowerIsFor, why: EXPOSED};
    let [lower, upper] = [-Infinity, -Infinity];
    for (const way of direction === undefined ? this.#directions() : [direction]) {
      const found = bound(way, lower);
      lower = Math.max(lower, found.lower);
      upper = Math.max(upper, found.upper);
    }
    const known = {lower, upper, lowerIsFor} as const;
    if (this.#losses.nonPrivate || this.#losses.precision === Infinity) return {...known, why: NON_PRIVATE};
    if (lower === Infinity) return {...known, why: INFINITE_LOSS};
    return upper - lower <= wide(lower) + Number.MIN_VALUE ? known : {...known, why: FINEST};
  }

  /** One direction is enough where both are the same. */
  #directions(): readonly Direction[] {
    const symmetric = [...this.#losses.pairs.values()].every(
      ({pair}) => pair.losses.add === pair.losses.remove,
    );
    return symmetric ? ['remove'] : DIRECTIONS;
  }

  #exactEpsilon(delta: number, direction: Direction): number | undefined {
    const {nonPrivate, pairs, precision} = this.#losses;
    if (nonPrivate || precision === Infinity) return Infinity;
    if (pairs.size === 0)
      return this.#gaussian === Infinity ? 0 : gaussianEpsilon({noiseMultiplier: this.#gaussian, delta});
    const step = this.#singleStep();
    return step && singleStepEpsilon(step.samplingProbability, step.noiseMultiplier, delta, direction);
  }

  #exactLogDelta(epsilon: number, direction: Direction): number | undefined {
    const {nonPrivate, pairs, precision} = this.#losses;
    if (nonPrivate || precision === Infinity) return 0;
    if (pairs.size === 0) {
      if (this.#gaussian === Infinity) return Math.log(Math.max(0, -Math.expm1(epsilon)));
      return gaussianLogDeltaAnyEpsilon(this.#gaussian, epsilon);
    }
    const step = this.#singleStep();
    return step && singleStepLogDelta(step.samplingProbability, step.noiseMultiplier, epsilon, direction);
  }

  /** The noise multiplier of all Gaussians outside of samples together; `Infinity` if there are none. */
  get #gaussian(): number {
    return 1 / Math.sqrt(this.#losses.precision);
  }

  #singleStep(): {readonly samplingProbability: number; readonly noiseMultiplier: number} | undefined {
    const {precision, pairs} = this.#losses;
    const [only] = pairs.values();
    return precision === 0 && pairs.size === 1 && only?.count === 1 ? only.pair.sampledGaussian : undefined;
  }

  /** The losses that vary, the probability that some loss is infinite, and the share of the rest in constant zeros. */
  #terms(direction: Direction): {terms: LossTerm[]; infinite: number; logShare: number} {
    const {precision, pairs} = this.#losses;
    const all = Array.from(pairs.values(), ({pair, count}) => ({loss: pair.losses[direction], count}));
    const terms = all.filter(({loss}) => !isZero(loss));
    const finite = (sum: number, {loss, count}: LossTerm): number => sum + count * Math.log1p(-loss.infinite);
    const infinite = -Math.expm1(all.reduce(finite, 0));
    const logShare = all.filter(({loss}) => isZero(loss)).reduce(finite, 0);
    if (precision > 0) {
      const loss = gaussianMixtureLoss({means: [1], probabilities: [1]}, this.#gaussian, direction);
      terms.push({loss, count: 1});
    }
    return {terms, infinite, logShare};
  }
}

function isZero({atoms, densities}: PrivacyLoss): boolean {
  return densities.length === 0 && atoms.every(({loss}) => loss === 0);
}

function around(value: number): Interval {
  return {lower: value * (1 - EXACT), upper: value === Infinity ? Infinity : value * (1 + EXACT)};
}
