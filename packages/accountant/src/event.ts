import {checkLeafEvent, isLeafEvent, type LeafEvent, leafEventText} from './leaf_event.js';
import {
  requireFinite,
  requireInteger,
  requireList,
  requireNonNegative,
  requireProbability,
  shown,
} from './checks.js';

/**
 * What a mechanism does, as data. Accountants interpret events; events know nothing of accountants.
 *
 * D and D' are neighbouring datasets (see `NeighbouringRelation`). Noise is relative to the sensitivity of the sum under
 * add-or-remove-one, for DP-SGD the clipping norm C. Events are frozen plain objects, fit for JSON.
 */
export type DpEvent =
  | NoOpEvent
  | NonPrivateEvent
  | GaussianEvent
  | PoissonSampledEvent
  | SampledWithoutReplacementEvent
  | SampledWithReplacementEvent
  | RepeatAndSelectEvent
  | ComposedEvent
  | SelfComposedEvent
  | LeafEvent;

/** Releases nothing: M(D) and M(D') have the same distribution. */
export interface NoOpEvent {
  readonly kind: 'noOp';
}

/** Releases something with no guarantee at all: epsilon is infinite for every delta below 1. */
export interface NonPrivateEvent {
  readonly kind: 'nonPrivate';
}

/**
 * M(D) = f(D) + N(0, (z C)^2 I), with z = `noiseMultiplier` >= 0 and |f(D) - f(D')|_2 <= C when one record is added,
 * removed or zeroed out (2 C when one record is replaced by another). z = 0 is not private.
 */
export interface GaussianEvent {
  readonly kind: 'gaussian';
  readonly noiseMultiplier: number;
}

/**
 * M(D) = E(S): each record of D joins S independently with probability q = `samplingProbability`, afresh for this event,
 * and `event` E runs on S. Everything released from one drawn S belongs in one event:
 * `poissonSampled({samplingProbability, event: composed([...])})`.
 */
export interface PoissonSampledEvent {
  readonly kind: 'poissonSampled';
  readonly samplingProbability: number;
  readonly event: DpEvent;
}

/**
 * M(D) = E(S): S is a uniformly random subset of m = `sampleSize` of the n = `sourceDatasetSize` records of D, drawn afresh
 * for this event, and `event` E runs on S.
 */
export interface SampledWithoutReplacementEvent {
  readonly kind: 'sampledWithoutReplacement';
  readonly sourceDatasetSize: number;
  readonly sampleSize: number;
  readonly event: DpEvent;
}

/** The same with m independent uniform draws, so that S may hold a record several times, and it counts as often. */
export interface SampledWithReplacementEvent {
  readonly kind: 'sampledWithReplacement';
  readonly sourceDatasetSize: number;
  readonly sampleSize: number;
  readonly event: DpEvent;
}

/**
 * `event` is run K times on the same data and only the best output is released, K random and secret with mean `mean`: with
 * `shape` = eta >= 0 truncated negative binomial (1 geometric, 0 logarithmic), with `'poisson'` Poisson, where K = 0
 * releases nothing (Papernot and Steinke 2022, "Hyperparameter Tuning with Renyi Differential Privacy", Definition 1).
 */
export interface RepeatAndSelectEvent {
  readonly kind: 'repeatAndSelect';
  readonly event: DpEvent;
  readonly mean: number;
  readonly shape: number | 'poisson';
}

/** M(D) = (E_1(D), E_2(D), ...): all `events` on the same data, each possibly chosen after seeing the earlier outputs. */
export interface ComposedEvent {
  readonly kind: 'composed';
  readonly events: readonly DpEvent[];
}

/** `composed` of `count` copies of `event`; zero copies release nothing. */
export interface SelfComposedEvent {
  readonly kind: 'selfComposed';
  readonly event: DpEvent;
  readonly count: number;
}

/** Makes a {@link NoOpEvent}. */
export function noOp(): NoOpEvent {
  return Object.freeze({kind: 'noOp'});
}

/** Makes a {@link NonPrivateEvent}. */
export function nonPrivate(): NonPrivateEvent {
  return Object.freeze({kind: 'nonPrivate'});
}

/**
 * Makes a {@link GaussianEvent}.
 * @throws RangeError unless `noiseMultiplier` is a finite number >= 0.
 */
export function gaussian({noiseMultiplier}: {readonly noiseMultiplier: number}): GaussianEvent {
  return made({kind: 'gaussian', noiseMultiplier});
}

/**
 * Makes a {@link PoissonSampledEvent}.
 * @throws RangeError unless `samplingProbability` is in [0, 1].
 */
export function poissonSampled(options: {
  readonly samplingProbability: number;
  readonly event: DpEvent;
}): PoissonSampledEvent {
  const {samplingProbability, event} = options;
  return made({kind: 'poissonSampled', samplingProbability, event});
}

/**
 * Makes a {@link SampledWithoutReplacementEvent}.
 * @throws RangeError unless both sizes are integers >= 1 and `sampleSize` is at most `sourceDatasetSize`.
 */
export function sampledWithoutReplacement(options: {
  readonly sourceDatasetSize: number;
  readonly sampleSize: number;
  readonly event: DpEvent;
}): SampledWithoutReplacementEvent {
  const {sourceDatasetSize, sampleSize, event} = options;
  return made({kind: 'sampledWithoutReplacement', sourceDatasetSize, sampleSize, event});
}

/** Makes a {@link SampledWithReplacementEvent}. @throws RangeError unless both sizes are integers >= 1. */
export function sampledWithReplacement(options: {
  readonly sourceDatasetSize: number;
  readonly sampleSize: number;
  readonly event: DpEvent;
}): SampledWithReplacementEvent {
  const {sourceDatasetSize, sampleSize, event} = options;
  return made({kind: 'sampledWithReplacement', sourceDatasetSize, sampleSize, event});
}

/**
 * Makes a {@link RepeatAndSelectEvent}.
 * @throws RangeError unless `mean` is finite and >= 1 and `shape` is a finite number >= 0 or `'poisson'`.
 */
export function repeatAndSelect(options: {
  readonly event: DpEvent;
  readonly mean: number;
  readonly shape: number | 'poisson';
}): RepeatAndSelectEvent {
  const {event, mean, shape} = options;
  return made({kind: 'repeatAndSelect', event, mean, shape});
}

/** Makes a {@link ComposedEvent}. */
export function composed(events: readonly DpEvent[]): ComposedEvent {
  requireList('composed: events', events);
  return made({kind: 'composed', events: Object.freeze([...events])});
}

/**
 * Makes a {@link SelfComposedEvent}.
 * @throws RangeError unless `count` is an integer >= 0.
 */
export function selfComposed(options: {readonly event: DpEvent; readonly count: number}): SelfComposedEvent {
  const {event, count} = options;
  return made({kind: 'selfComposed', event, count});
}

/** Levels of events inside events: far more than a run has, and few enough for every engine's stack. */
const MAX_DEPTH = 500;

/**
 * Checks an event and all events inside it, also one that no factory has made (from JSON or from plain JavaScript).
 * @throws TypeError for something that is not an event; RangeError for a parameter out of its bounds, and for more than 500
 *   events inside each other.
 */
export function checkEvent(value: unknown): asserts value is DpEvent {
  checkAtDepth(value, 0);
}

function checkAtDepth(value: unknown, depth: number): void {
  if (depth >= MAX_DEPTH) {
    throw new RangeError(
      `events must stand inside each other at most ${MAX_DEPTH} deep, got more; one composed([...]) holds any number side by side, and selfComposed any count`,
    );
  }
  const event = value as DpEvent | null | undefined;
  switch (event?.kind) {
    case 'noOp':
    case 'nonPrivate':
      return;
    case 'gaussian':
      requireNonNegative('gaussian: noiseMultiplier', event.noiseMultiplier);
      return;
    case 'poissonSampled':
      requireProbability('poissonSampled: samplingProbability', event.samplingProbability);
      checkAtDepth(event.event, depth + 1);
      return;
    case 'sampledWithoutReplacement':
    case 'sampledWithReplacement':
      checkSizes(event);
      checkAtDepth(event.event, depth + 1);
      return;
    case 'repeatAndSelect':
      checkRepetitions(event);
      checkAtDepth(event.event, depth + 1);
      return;
    case 'composed':
      if (!Array.isArray(event.events)) throw new TypeError('composed: events must be an array of events');
      for (const each of event.events) checkAtDepth(each, depth + 1);
      return;
    case 'selfComposed':
      requireInteger('selfComposed: count', event.count, 0);
      checkAtDepth(event.event, depth + 1);
      return;
    default:
      if (event !== null && event !== undefined && isLeafEvent(event)) {
        checkLeafEvent(event);
        return;
      }
      throw new TypeError(`not an event: ${kindText(value)}; make events with gaussian(), composed(), ...`);
  }
}

/** What came in an event's place. It may be of any size, hold itself, or have no text. */
function kindText(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return shown(value);
  return `an object of kind ${shown(Reflect.get(value, 'kind'))}`;
}

function checkSizes(event: SampledWithoutReplacementEvent | SampledWithReplacementEvent): void {
  const {kind, sourceDatasetSize, sampleSize} = event;
  requireInteger(`${kind}: sourceDatasetSize`, sourceDatasetSize, 1);
  requireInteger(`${kind}: sampleSize`, sampleSize, 1);
  if (kind === 'sampledWithoutReplacement' && sampleSize > sourceDatasetSize) {
    throw new RangeError(
      `${kind}: sampleSize must be at most sourceDatasetSize = ${sourceDatasetSize}, got ${sampleSize}`,
    );
  }
}

function checkRepetitions({mean, shape}: RepeatAndSelectEvent): void {
  if (shape !== 'poisson') requireNonNegative("repeatAndSelect: shape, unless it is 'poisson',", shape);
  requireFinite('repeatAndSelect: mean', mean);
  if (mean < 1) throw new RangeError(`repeatAndSelect: mean must be >= 1, got ${mean}`);
}

/** The event as its factory call, for error texts. */
export function eventText(event: DpEvent): string {
  switch (event.kind) {
    case 'noOp':
    case 'nonPrivate':
      return `${event.kind}()`;
    case 'gaussian':
      return `gaussian({noiseMultiplier: ${event.noiseMultiplier}})`;
    case 'poissonSampled':
      return `poissonSampled({samplingProbability: ${event.samplingProbability}, event: ${eventText(event.event)}})`;
    case 'sampledWithoutReplacement':
    case 'sampledWithReplacement':
      return `${event.kind}({sourceDatasetSize: ${event.sourceDatasetSize}, sampleSize: ${event.sampleSize}, event: ${eventText(event.event)}})`;
    case 'repeatAndSelect':
      return `repeatAndSelect({event: ${eventText(event.event)}, mean: ${event.mean}, shape: ${JSON.stringify(event.shape)}})`;
    case 'composed':
      return `composed([${event.events.map(eventText).join(', ')}])`;
    case 'selfComposed':
      return `selfComposed({event: ${eventText(event.event)}, count: ${event.count}})`;
    default:
      return leafEventText(event);
  }
}

function made<E extends DpEvent>(event: E): E {
  checkEvent(event);
  return Object.freeze(event);
}
