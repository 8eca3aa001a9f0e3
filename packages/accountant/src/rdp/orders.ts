import {requireFinite} from '../checks.js';

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

/** Throws RangeError unless there is at least one order and all are finite and > 1. */
export function checkOrders(orders: readonly number[]): void {
  if (orders.length === 0) throw new RangeError('orders must hold at least one order > 1, got none');
  for (const order of orders) {
    requireFinite('orders: each order', order);
    if (order <= 1) throw new RangeError(`orders: each order must be > 1, got ${order}`);
  }
}
