import {requireFinite, requireList} from '../checks.js';

const TENTHS = Array.from({length: 99}, (_, i) => 1 + (i + 1) / 10);

function integers(first: number, last: number): number[] {
  return Array.from({length: last - first + 1}, (_, i) => first + i);
}

/** Orders of the dp-accounting library: 1.1 to 10.9 by 0.1, 11 to 63, 128, 256, 512, 1024. */
export const DEFAULT_ORDERS: readonly number[] = Object.freeze([
  ...TENTHS,
  ...integers(11, 63),
  128,
  256,
  512,
  1024,
]);

/** Orders of TensorFlow Privacy's MNIST tutorial: 1.1 to 10.9 by 0.1, 12 to 63. */
export const TUTORIAL_ORDERS: readonly number[] = Object.freeze([...TENTHS, ...integers(12, 63)]);

/** Moments are sums of as many terms as the order. */
const MAX_ORDER = 2 ** 20;

/** Throws RangeError unless `order` is in (1, 2^20]. */
export function requireOrder(name: string, order: number): void {
  requireFinite(name, order);
  if (order <= 1) throw new RangeError(`${name} must be > 1, got ${order}`);
  if (order > MAX_ORDER) throw new RangeError(`${name} must be at most ${MAX_ORDER}, got ${order}`);
}

/** Throws RangeError unless there is at least one order and all are in (1, 2^20]. */
export function checkOrders(orders: readonly number[]): void {
  requireList('orders', orders);
  if (orders.length === 0) throw new RangeError('orders must hold at least one order > 1, got none');
  for (const order of orders) {
    requireOrder('orders: each order', order);
  }
}
