import {checkLeafEvent, isLeafEvent, type LeafEvent, leafEventText} from './leaf_event.js';
import {requireInteger, requireNonNegative, requireProbability} from './checks.js';

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

/** Makes a {@link ComposedEvent}. */
export function composed(events: readonly DpEvent[]): ComposedEvent {
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

/**
 * Checks an event and all events inside it, also one that no factory has made (from JSON or from plain JavaScript).
 * @throws TypeError for something that is not an event; RangeError for a parameter out of its bounds.
 */
export function checkEvent(value: unknown): asserts value is DpEvent {
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
      checkEvent(event.event);
      return;
    case 'composed':
      if (!Array.isArray(event.events)) throw new TypeError('composed: events must be an array of events');
      event.events.forEach(checkEvent);
      return;
    case 'selfComposed':
      requireInteger('selfComposed: count', event.count, 0);
      checkEvent(event.event);
      return;
    default:
      if (event !== null && event !== undefined && isLeafEvent(event)) {
        checkLeafEvent(event);
        return;
      }
      throw new TypeError(
        `not an event: ${JSON.stringify(value)}; make events with gaussian(), composed(), ...`,
      );
  }
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
