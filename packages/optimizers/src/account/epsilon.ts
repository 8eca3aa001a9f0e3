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
  const rdp = (options: RdpAccountantOptions): number | UnsupportedEventError =>
    unlessUnsupported(() => composed(new RdpAccountant({...options, neighboring}), events).epsilon(delta));
  const pld = unlessUnsupported(() => composed(new PldAccountant({neighboring}), events).epsilon(delta));
  const known = rdp({conversion: 'classic', orders: DEFAULT_ORDERS});
  const classic = typeof known === 'number' ? known : Infinity;
  if (!(pld instanceof UnsupportedEventError)) {
    return {epsilon: pld.upper, method: 'privacy loss distributions', lower: pld.lower, classic};
  }
  const improved = rdp({conversion: 'improved'});
  if (typeof improved !== 'number') throw pld;
  return {epsilon: improved, method: 'Renyi divergences', classic};
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
