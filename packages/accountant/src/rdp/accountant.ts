import {requireDelta, requireInteger, requireNonNegative, requireOneOf, requireOptions} from '../checks.js';
import {checkEvent, type DpEvent, eventText} from '../event.js';
import {NEIGHBOURING_RELATIONS, type NeighbouringRelation} from '../neighbours.js';
import {checkSupport} from '../support.js';
import {type AtOrder, bestOrder} from './best_order.js';
import {CONVERSIONS, type ConversionName} from './convert.js';
import {DEFAULT_ORDERS, checkOrders} from './orders.js';
import {RdpOfEvents} from './rdp_of_events.js';

/** Options of {@link RdpAccountant}. */
export interface RdpAccountantOptions {
  /**
   * Renyi orders, each > 1, if these and no others are to be used. Default: {@link DEFAULT_ORDERS}, and the best real order
   * between the neighbours of the best of them.
   */
  readonly orders?: readonly number[];
  /** How epsilon and delta are obtained. Default: `'improved'`. */
  readonly conversion?: ConversionName;
  /** The relation that the guarantee is for. Default: `'addOrRemoveOne'`. */
  readonly neighboring?: NeighbouringRelation;
}

interface CountedEvent {
  readonly event: DpEvent;
  readonly count: number;
}

/**
 * Accounts by Renyi differential privacy (Mironov 2017): the divergences of composed events add up, order by order.
 *
 * Guarantee: `epsilon(delta)` and `delta(epsilon)` are upper bounds for everything composed so far, up to rounding (below
 * 1e-9 relative), provided that the events describe the mechanism and that the parameters are public. They are not tight.
 *
 * @example
 * const accountant = new RdpAccountant();
 * const step = poissonSampled({samplingProbability: 256 / 60000, event: gaussian({noiseMultiplier: 1.1})});
 * accountant.compose(step, 14062).epsilon(1e-5); // 2.5965
 */
export class RdpAccountant {
  /** The orders, as given. */
  readonly orders: readonly number[];
  /** The relation that the guarantee is for. */
  readonly neighboring: NeighbouringRelation;
  /** The conversion in use. */
  readonly conversion: ConversionName;
  readonly #rdpOfEvents: RdpOfEvents;
  #total: Float64Array;
  /** What has been composed, by the event's text, to be computed at more orders; left out where the orders are given. */
  readonly #composed: Map<string, CountedEvent> | undefined;

  /** @throws RangeError for an order that is not finite and > 1, an unknown conversion or an unknown relation. */
  constructor(options: RdpAccountantOptions = {}) {
    requireOptions('options', options);
    const {orders = DEFAULT_ORDERS, conversion = 'improved', neighboring = 'addOrRemoveOne'} = options;
    checkOrders(orders);
    requireOneOf('conversion', conversion, Object.keys(CONVERSIONS));
    requireOneOf('neighboring', neighboring, NEIGHBOURING_RELATIONS);
    this.orders = Object.freeze([...orders]);
    this.conversion = conversion;
    this.neighboring = neighboring;
    this.#rdpOfEvents = new RdpOfEvents(this.orders, neighboring);
    this.#total = new Float64Array(orders.length);
    this.#composed = options.orders === undefined ? new Map<string, CountedEvent>() : undefined;
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
    checkSupport('RdpAccountant', event, this.neighboring);
    const added = this.#rdpOfEvents.rdp(event, count);
    this.#total = this.#total.map((total, i) => total + (added[i] as number));
    if (this.#composed !== undefined && count > 0) {
      const key = eventText(event);
      this.#composed.set(key, {event, count: count + (this.#composed.get(key)?.count ?? 0)});
    }
    return this;
  }

  /** The composed Renyi divergence in nats at each order. */
  get rdp(): ReadonlyMap<number, number> {
    return new Map(this.orders.map((order, i) => [order, this.#total[i] as number]));
  }

  /**
   * The smallest epsilon (nats, >= 0) over the orders; `Infinity` if there is no guarantee.
   * @throws RangeError unless 0 < delta < 1.
   */
  epsilon(delta: number): number {
    return this.#optimal(delta).value;
  }

  /**
   * The order whose epsilon is the smallest at `delta` (the first of them, if several are equal). At the first or last of
   * the orders, more orders beyond it would give a smaller epsilon.
   * @throws RangeError unless 0 < delta < 1.
   */
  optimalOrder(delta: number): number {
    return this.#optimal(delta).order;
  }

  /**
   * The smallest delta over the orders, in [0, 1]; below 1e-308 it is 0 by underflow.
   * @throws RangeError unless epsilon is finite and >= 0.
   */
  delta(epsilon: number): number {
    requireNonNegative('epsilon', epsilon);
    const {logDelta} = CONVERSIONS[this.conversion];
    return Math.min(1, Math.exp(this.#best((order, rdp) => logDelta(order, rdp, epsilon)).value));
  }

  #optimal(delta: number): AtOrder {
    requireDelta('delta', delta);
    const {epsilon} = CONVERSIONS[this.conversion];
    return this.#best((order, rdp) => Math.max(0, epsilon(order, rdp, delta)));
  }

  /** The smallest value of a function of an order and the divergence there. */
  #best(value: (order: number, rdp: number) => number): AtOrder {
    const values = this.orders.map((order, i) => value(order, this.#total[i] as number));
    const composed = this.#composed;
    if (composed === undefined) {
      const least = Math.min(...values);
      return {order: this.orders[values.indexOf(least)] as number, value: least};
    }
    return bestOrder(this.orders, values, (order) => {
      const rdpAt = new RdpOfEvents([order], this.neighboring);
      let rdp = 0;
      for (const {event, count} of composed.values()) rdp += rdpAt.rdp(event, count)[0] as number;
      return value(order, rdp);
    });
  }
}
