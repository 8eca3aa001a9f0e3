import {
  DEFAULT_ORDERS,
  PldAccountant,
  RdpAccountant,
  UnsupportedEventError,
  type DpEvent,
  type NeighbouringRelation,
  type RdpAccountantOptions,
} from '@dp/accountant';

import type {CountedEvent} from './spending.js';

/** Bounds on the epsilon of some events. */
export interface EpsilonBounds {
  /** The guarantee: the least of the bounds that are known. */
  readonly epsilon: number;
  /** How it was found. */
  readonly method: 'privacy loss distributions' | 'Renyi divergences';
  /** No smaller epsilon holds for the events' dominating pairs. Undefined where only Renyi divergences are known. */
  readonly lower?: number;
  /**
   * By the classic conversion of Renyi divergences at the orders that libraries have in common, as older publications print
   * it; Infinity where none are known.
   */
  readonly classic: number;
}

/** @throws UnsupportedEventError if no accountant has a bound. */
export function boundEpsilon(
  events: readonly CountedEvent[],
  neighboring: NeighbouringRelation,
  delta: number,
): EpsilonBounds {
  const classic = unlessUnsupported(() =>
    renyi(events, neighboring, delta, {conversion: 'classic', orders: DEFAULT_ORDERS}),
  );
  return {
    ...provenEpsilon(events, neighboring, delta),
    classic: typeof classic === 'number' ? classic : Infinity,
  };
}

/** The same without what is for comparison alone. */
export function provenEpsilon(
  events: readonly CountedEvent[],
  neighboring: NeighbouringRelation,
  delta: number,
): Omit<EpsilonBounds, 'classic'> {
  const pld = unlessUnsupported(() => composed(new PldAccountant({neighboring}), events).epsilon(delta));
  if (!(pld instanceof UnsupportedEventError))
    return {epsilon: pld.upper, method: 'privacy loss distributions', lower: pld.lower};
  const improved = unlessUnsupported(() => renyi(events, neighboring, delta, {conversion: 'improved'}));
  if (typeof improved !== 'number') throw pld;
  return {epsilon: improved, method: 'Renyi divergences'};
}

function renyi(
  events: readonly CountedEvent[],
  neighboring: NeighbouringRelation,
  delta: number,
  options: RdpAccountantOptions,
): number {
  return composed(new RdpAccountant({...options, neighboring}), events).epsilon(delta);
}

function composed<A extends {compose(event: DpEvent, count: number): A}>(
  accountant: A,
  events: readonly CountedEvent[],
): A {
  for (const {event, count} of events) accountant.compose(event, count);
  return accountant;
}

function unlessUnsupported<R>(compute: () => R): R | UnsupportedEventError {
  try {
    return compute();
  } catch (error) {
    if (error instanceof UnsupportedEventError) return error;
    throw error;
  }
}
