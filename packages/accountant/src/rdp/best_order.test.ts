import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import {bestOrder} from './best_order.js';

const ORDERS = [1.5, 2, 4, 16, 64];

test('of a convex function the minimum, wherever it lies', () => {
  fc.assert(
    fc.property(fc.double({min: 1.3, max: 60, noNaN: true}), (minimum) => {
      const f = (order: number): number => order / minimum + minimum / order;
      const {order, value} = bestOrder(ORDERS, ORDERS.map(f), f);
      expect(value).toBeLessThan(2 * (1 + 1e-7));
      expect(Math.abs(order / minimum - 1)).toBeLessThan(1e-3);
    }),
  );
});

test('of any function no more than the best of the list', () => {
  const f = (order: number): number => Math.sin(order * order);
  expect(bestOrder(ORDERS, ORDERS.map(f), f).value).toBeLessThanOrEqual(Math.min(...ORDERS.map(f)));
  expect(bestOrder([3], [f(3)], f).value).toBeLessThanOrEqual(f(3));
});

test('where nothing is finite, the first order', () => {
  const all = ORDERS.map(() => Infinity);
  expect(bestOrder(ORDERS, all, () => Infinity)).toEqual({order: 1.5, value: Infinity});
});
