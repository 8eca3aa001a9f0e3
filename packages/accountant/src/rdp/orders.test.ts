import {expect, test} from '@jest/globals';
import {DEFAULT_ORDERS, TUTORIAL_ORDERS, checkOrders} from './orders.js';

test('the default orders are those of dp-accounting, the others those of the tutorial', () => {
  expect(DEFAULT_ORDERS.slice(0, 3)).toEqual([1.1, 1.2, 1.3]);
  expect(DEFAULT_ORDERS.slice(97, 101)).toEqual([10.8, 10.9, 11, 12]);
  expect(DEFAULT_ORDERS.slice(-5)).toEqual([63, 128, 256, 512, 1024]);
  expect(DEFAULT_ORDERS).toHaveLength(99 + 53 + 4);
  expect(TUTORIAL_ORDERS.slice(97, 101)).toEqual([10.8, 10.9, 12, 13]);
  expect(TUTORIAL_ORDERS.slice(-1)).toEqual([63]);
  expect(TUTORIAL_ORDERS).toHaveLength(99 + 52);
});

test('orders have to be finite and above 1', () => {
  expect(() => checkOrders([])).toThrow('at least one order');
  expect(() => checkOrders([2, 1])).toThrow('each order must be > 1, got 1');
  expect(() => checkOrders([Infinity])).toThrow('must be a finite number, got Infinity');
});
