import {expect, test} from '@jest/globals';
import {boundedRangeRdp, pureRdp} from './selection.js';

const ORDERS = [1.01, 1.5, 2, 7.3, 64];

test('pure: the divergence of randomised response, from its definition', () => {
  for (const epsilon of [1e-3, 0.1, 1, 5]) {
    const [own, other] = [1 / (1 + Math.exp(-epsilon)), 1 / (1 + Math.exp(epsilon))];
    for (const order of ORDERS) {
      const sum = own ** order * other ** (1 - order) + other ** order * own ** (1 - order);
      expect(Math.abs(pureRdp(epsilon, order) - Math.log(sum) / (order - 1))).toBeLessThan(1e-12);
    }
  }
});

test('bounded range: the largest over all binary pairs whose losses span epsilon', () => {
  for (const epsilon of [0.1, 1, 5]) {
    for (const order of ORDERS) {
      let largest = 0;
      for (let i = 1; i < 2000; i++) {
        const t = (epsilon * i) / 2000;
        // P and Q with the losses t and t - epsilon.
        const q = -Math.expm1(t - epsilon) / (Math.exp(t) - Math.exp(t - epsilon));
        const sum = q * Math.exp(order * t) + (1 - q) * Math.exp(order * (t - epsilon));
        largest = Math.max(largest, Math.log(sum) / (order - 1));
      }
      const bound = boundedRangeRdp(epsilon, order);
      expect(bound).toBeGreaterThanOrEqual(largest - 1e-12);
      expect(bound).toBeLessThan(largest * (1 + 1e-5) + 1e-9);
      expect(bound).toBeLessThanOrEqual(pureRdp(epsilon, order) + 1e-12);
    }
  }
});
