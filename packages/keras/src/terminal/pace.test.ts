import {expect, test} from '@jest/globals';
import {Pace} from './pace.js';

test('no rate before something is done in some time', () => {
  const pace = new Pace();
  expect(pace.rate).toBeUndefined();
  pace.mark(5, 0);
  expect(pace.rate).toBeUndefined();
  pace.mark(5, 1);
  expect(pace.rate).toBeUndefined();
  pace.mark(6, 1);
  expect(pace.rate).toBe(1);
});

test('the rate is that of the last seconds', () => {
  const pace = new Pace(10);
  pace.mark(0, 0);
  pace.mark(100, 1);
  for (let second = 1; second <= 10; second++) pace.mark(100 + second, 1 + 3 * second);
  expect(pace.rate).toBe(3);
});
