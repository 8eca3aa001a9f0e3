import {expect, test} from '@jest/globals';
import {repeatAndSelectRdp} from './repeat_and_select.js';

const ORDERS = [1.5, 2, 4, 16, 64];
const ONE_RUN = Float64Array.from(ORDERS, (order) => order / 50);

test('always one run costs one run', () => {
  expect(repeatAndSelectRdp(ORDERS, ONE_RUN, 1, 1)).toEqual(ONE_RUN);
});

test('a geometric number of runs: Corollary 4 of Papernot and Steinke, ln(mean) by hand', () => {
  // eta = 1: the mean is 1 / gamma. R(a) + ln(mean) / (a - 1) + 2 min over b of (1 - 1 / b) R(b) + ln(mean) / b.
  const mean = 10;
  const least = Math.min(...ORDERS.map((b) => ((1 - 1 / b) * b) / 50 + Math.log(mean) / b));
  const found = repeatAndSelectRdp(ORDERS, ONE_RUN, mean, 1);
  const plain = ORDERS.map((a) => a / 50 + Math.log(mean) / (a - 1) + 2 * least);
  // A divergence is at most that of a higher order.
  ORDERS.forEach((_, i) => expect(found[i]).toBeCloseTo(Math.min(...plain.slice(i)), 9));
});

test('more runs cost more, by either number of them', () => {
  for (const shape of [0, 1, 2.5, 'poisson'] as const) {
    const [fewer, more] = [3, 30].map((mean) => repeatAndSelectRdp(ORDERS, ONE_RUN, mean, shape));
    ORDERS.forEach((_, i) => expect(more![i]!).toBeGreaterThan(fewer![i]!));
  }
});
