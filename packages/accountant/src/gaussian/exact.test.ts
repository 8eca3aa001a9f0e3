import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {gaussianDelta, gaussianLogDelta} from './delta.js';
import {gaussianEpsilon} from './epsilon.js';

interface ExactVector {
  readonly id: string;
  readonly params: {
    readonly mechanism: string;
    readonly noise_multiplier: number;
    readonly steps: number;
    readonly epsilons: readonly number[];
    readonly deltas: readonly number[];
  };
  readonly expected: {readonly delta_at_eps: readonly number[]; readonly epsilon: readonly number[]};
}

const vectors = (golden('exact') as readonly ExactVector[]).filter(
  ({params}) => params.mechanism === 'gaussian',
);

describe('against 60-digit values', () => {
  test.each(vectors)('$id', ({params, expected}) => {
    const noiseMultiplier = params.noise_multiplier / Math.sqrt(params.steps);
    params.epsilons.forEach((epsilon, i) => {
      expect(
        relativeError(gaussianDelta({noiseMultiplier, epsilon}), expected.delta_at_eps[i]!),
      ).toBeLessThan(1e-12);
    });
    params.deltas.forEach((delta, i) => {
      expect(relativeError(gaussianEpsilon({noiseMultiplier, delta}), expected.epsilon[i]!)).toBeLessThan(
        1e-13,
      );
    });
  });
});

// mpmath 1.4.1, 80 digits.
test.each([
  [1e6, 1e-6, -16.300631083676993],
  [1e4, 0, -10.129278905597522],
  [1e3, 0.01, -62.455877437764094],
  [100, 1, -5014.23476148374],
  [1.001, 0.3, -1.2279439963343814],
  [0.999, 0.3, -1.2252773549175182],
  [1, 100, -4960.254553817421],
  [0.5, 60, -427.53040341456517],
  [0.1, 40, -0.2048378308830165],
  [0.1, 49.9, -0.76691030805631],
  [0.1, 50.1, -0.7840687990646906],
  [0.01, 6000, -53.327568392464585],
  [0.01, 1e5, -451260.12677879253],
])('ln delta for noise %d at epsilon %d is %d, far below the smallest double too', (z, epsilon, truth) => {
  expect(relativeError(gaussianLogDelta(z, epsilon), truth)).toBeLessThan(2e-13);
});

const noise = fc.double({min: 0.01, max: 1000, noNaN: true});
const negativeExponent = fc.double({min: 0.5, max: 300, noNaN: true});

test('epsilon and delta are inverse to each other, on the safe side', () => {
  fc.assert(
    fc.property(noise, negativeExponent, (noiseMultiplier, exponent) => {
      const delta = 10 ** -exponent;
      const epsilon = gaussianEpsilon({noiseMultiplier, delta});
      const back = gaussianDelta({noiseMultiplier, epsilon});
      expect(back).toBeLessThanOrEqual(delta * (1 + 1e-11));
      if (epsilon > 0) expect(relativeError(back, delta)).toBeLessThan(1e-9);
    }),
  );
});

test('more noise or a larger delta never gives a larger epsilon', () => {
  fc.assert(
    fc.property(noise, negativeExponent, fc.double({min: 1, max: 3, noNaN: true}), (z, exponent, factor) => {
      const epsilon = gaussianEpsilon({noiseMultiplier: z, delta: 10 ** -exponent});
      const slack = epsilon * (1 + 1e-12);
      expect(gaussianEpsilon({noiseMultiplier: z * factor, delta: 10 ** -exponent})).toBeLessThanOrEqual(
        slack,
      );
      expect(gaussianEpsilon({noiseMultiplier: z, delta: 10 ** (-exponent / factor)})).toBeLessThanOrEqual(
        slack,
      );
    }),
  );
});

test('edges: no noise protects nothing, a large delta asks for nothing', () => {
  expect(gaussianEpsilon({noiseMultiplier: 0, delta: 0.5})).toBe(Infinity);
  expect(gaussianDelta({noiseMultiplier: 0, epsilon: 10})).toBe(1);
  expect(gaussianEpsilon({noiseMultiplier: 5, delta: 0.5})).toBe(0);
});

test('bad arguments are refused with their bounds', () => {
  expect(() => gaussianEpsilon({noiseMultiplier: -1, delta: 0.5})).toThrow(
    'noiseMultiplier must be >= 0, got -1',
  );
  expect(() => gaussianEpsilon({noiseMultiplier: 1, delta: 1})).toThrow('delta must be > 0 and < 1, got 1');
  expect(() => gaussianDelta({noiseMultiplier: 1, epsilon: NaN})).toThrow(
    'epsilon must be a finite number, got NaN',
  );
});
