import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {logExcessAtFractionalOrder} from './fractional_order.js';
import {gaussianRdp} from './gaussian.js';
import {logExcessAtIntegerOrder} from './integer_order.js';
import {sampledGaussianRdp} from './sampled_gaussian.js';
import {signedSeriesRdp} from './testing/signed_series.js';

interface RdpVector {
  readonly id: string;
  readonly params: {
    readonly sampling_probability: number;
    readonly noise_multiplier: number;
    readonly orders: readonly number[];
  };
  readonly expected: {readonly rdp: readonly (number | 'inf')[]; readonly rdp_exact: readonly number[]};
}

interface HardVector {
  readonly noiseMultiplier: number;
  readonly samplingProbability: number;
  readonly order: number;
  readonly rdp: number;
}

describe('against 50-digit values, integer and fractional orders', () => {
  test.each(golden('rdp_poisson_gaussian') as readonly RdpVector[])('$id', ({params, expected}) => {
    params.orders.forEach((order, i) => {
      const rdp = sampledGaussianRdp(params.sampling_probability, params.noise_multiplier, order);
      expect(relativeError(rdp, expected.rdp_exact[i]!)).toBeLessThan(1e-13);
      // The library is an upper bound at fractional orders, up to its rounding of a moment near 1.
      const library = Number(String(expected.rdp[i]).replace('inf', 'Infinity'));
      expect(rdp).toBeLessThanOrEqual(library * (1 + 1e-9) + 1e-14);
    });
  });
});

test('against 70-digit values where series and plain sums lose their digits', () => {
  const vectors = golden('rdp_hard') as readonly HardVector[];
  expect(vectors.length).toBeGreaterThan(100);
  const errors = vectors.map(({samplingProbability, noiseMultiplier, order, rdp}) =>
    relativeError(sampledGaussianRdp(samplingProbability, noiseMultiplier, order), rdp),
  );
  expect(Math.max(...errors)).toBeLessThan(1e-12);
});

test('the integral agrees with the signed series of Mironov, Talwar and Zhang', () => {
  for (const [q, z, order] of [
    [0.01, 1, 2.5],
    [0.1, 1.5, 4.3],
    [0.05, 0.8, 7.7],
    [0.2, 2, 10.9],
  ] as const) {
    expect(relativeError(sampledGaussianRdp(q, z, order), signedSeriesRdp(q, z, order, 400))).toBeLessThan(
      1e-10,
    );
  }
});

const probability = fc.double({min: 1e-9, max: 1 - 1e-9, noNaN: true});
const noise = fc.double({min: 0.3, max: 100, noNaN: true});

test('integral and binomial sum agree at integer orders', () => {
  fc.assert(
    fc.property(probability, noise, fc.integer({min: 2, max: 70}), (q, z, order) => {
      const difference = logExcessAtFractionalOrder(q, z, order) - logExcessAtIntegerOrder(q, z, order);
      expect(Math.abs(difference)).toBeLessThan(1e-11 * Math.max(1, gaussianRdp(z, order) * order));
    }),
  );
});

test('falls with noise, grows with q and with the order, and never exceeds the unsampled Gaussian', () => {
  const order = fc.double({min: 1.01, max: 64, noNaN: true});
  const more = fc.double({min: 1, max: 2, noNaN: true});
  fc.assert(
    fc.property(probability, noise, order, more, (q, z, alpha, factor) => {
      const rdp = sampledGaussianRdp(q, z, alpha);
      const slack = rdp * (1 + 1e-11);
      expect(sampledGaussianRdp(q, z * factor, alpha)).toBeLessThanOrEqual(slack);
      expect(sampledGaussianRdp(q / factor, z, alpha)).toBeLessThanOrEqual(slack);
      expect(sampledGaussianRdp(q, z, 1 + (alpha - 1) / factor)).toBeLessThanOrEqual(slack);
      expect(rdp).toBeGreaterThanOrEqual(0);
      expect(rdp).toBeLessThanOrEqual(gaussianRdp(z, alpha) * (1 + 1e-11));
    }),
  );
});

test('edges: no sampling, everything sampled, no noise', () => {
  expect(sampledGaussianRdp(0, 1, 3.5)).toBe(0);
  expect(sampledGaussianRdp(1, 2, 3.5)).toBe(3.5 / 8);
  expect(sampledGaussianRdp(0.5, 0, 3.5)).toBe(Infinity);
  expect(sampledGaussianRdp(0.5, 0, 4)).toBe(Infinity);
  expect(sampledGaussianRdp(0.5, Infinity, 3.5)).toBe(0);
});
