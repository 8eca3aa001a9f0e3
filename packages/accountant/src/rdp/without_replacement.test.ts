import {expect, test} from '@jest/globals';
import {withoutReplacementRdp} from './without_replacement.js';

test('order 2, by hand: ln(1 + q^2 min(2 e^(1 / s^2), 4 (e^(1 / s^2) - 1)))', () => {
  for (const [q, s] of [
    [0.01, 2],
    [0.3, 0.7],
    [1e-6, 40],
  ] as const) {
    const moment = Math.min(2 * Math.exp(1 / (s * s)), 4 * Math.expm1(1 / (s * s)));
    const expected = Math.min(Math.log1p(q * q * moment), 1 / (s * s));
    expect(Math.abs(withoutReplacementRdp(q, s, [2])[0]! / expected - 1)).toBeLessThan(1e-12);
  }
});

test('it rises with the order and with the share, and is at most that of the whole data set', () => {
  const orders = [1.3, 2, 2.5, 3, 8, 32, 100];
  const shares = [0.001, 0.1, 0.9].map((q) => withoutReplacementRdp(q, 1.5, orders));
  orders.forEach((order, i) => {
    const [small, middle, large] = shares.map((rdp) => rdp[i]!) as [number, number, number];
    expect(small).toBeLessThanOrEqual(middle);
    expect(middle).toBeLessThanOrEqual(large);
    expect(large).toBeLessThanOrEqual(order / (2 * 1.5 * 1.5));
    if (i > 0) expect(middle).toBeGreaterThanOrEqual(shares[1]![i - 1]!);
  });
});
