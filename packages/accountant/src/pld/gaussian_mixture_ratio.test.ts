import {describe, expect, test} from '@jest/globals';
import {mixtureOfGaussians} from '../leaf_event.js';
import {binomialProbabilities} from '../plan/binomial.js';
import {PldAccountant} from './accountant.js';
import {gaussianMixtureLoss} from './gaussian_mixture_loss.js';
import {mixtureRatio} from './gaussian_mixture_ratio.js';

const upTo = (k: number): number[] => Array.from({length: k + 1}, (_, j) => j);
const user = (k: number, q: number) => ({means: upTo(k), probabilities: binomialProbabilities(k, q)});

describe.each([
  [5, 256 / 60000, 1.1],
  [50, 0.3, 4],
  [200, 256 / 60000, 1.1],
])('%d examples, sampled with %d, noise %d', (k, q, z) => {
  const {means, probabilities} = user(k, q);
  const ratio = mixtureRatio({means, probabilities}, z);
  const outcomes = [-9, -2, 0, 0.3, 1, 2.5, 7, 14].map((x) => x * z);

  test('the logarithm is that of the sum, and rises', () => {
    for (const x of outcomes) {
      const direct = means.reduce(
        (sum, s, j) => sum + probabilities[j]! * Math.exp((s * (2 * x - s)) / (2 * z * z)),
        0,
      );
      expect(Math.abs(ratio.log(x) - Math.log(direct))).toBeLessThan(
        1e-13 * (1 + Math.abs(Math.log(direct))),
      );
      expect(ratio.log(x + 0.1)).toBeGreaterThan(ratio.log(x));
    }
  });

  test('the position is its inverse', () => {
    for (const x of outcomes.slice(2)) expect(ratio.position(ratio.log(x))).toBeCloseTo(x, 6);
    expect(ratio.position(-Infinity)).toBe(-Infinity);
  });

  test('nothing larger than its reach matters', () => {
    for (const x of outcomes) {
      const reach = ratio.reach(x);
      const part = (s: number): number =>
        Math.log(probabilities[s]!) + (s * (2 * x - s)) / (2 * z * z) - ratio.log(x);
      for (const s of means) if (s > reach) expect(part(s)).toBeLessThan(-35);
    }
  });

  test('outside of the range is no more than what was allowed', () => {
    for (const direction of ['remove', 'add'] as const) {
      const [density] = gaussianMixtureLoss({means, probabilities}, z, direction).densities;
      for (const logMass of [-1, -10, -100, -600]) {
        const [from, to] = density!.range(logMass);
        expect(density!.below(from)).toBeLessThanOrEqual(Math.exp(logMass));
        expect(density!.above(to)).toBeLessThanOrEqual(Math.exp(logMass));
      }
    }
  });
});

test('components that nobody can see change nothing but the last digits of bounds', () => {
  const step = ({means, probabilities}: ReturnType<typeof user>) =>
    mixtureOfGaussians({standardDeviation: 1.1, sensitivities: means, probabilities});
  const five = new PldAccountant().compose(step(user(5, 256 / 60000)), 14062).epsilon(1e-5);
  const {means, probabilities} = user(5, 256 / 60000);
  const rare = {means: [...means, 500], probabilities: [...probabilities, 1e-30]};
  const more = new PldAccountant().compose(step(rare), 14062).epsilon(1e-5);
  expect(more.lower).toBeLessThanOrEqual(five.upper);
  expect(more.upper).toBeGreaterThanOrEqual(five.lower);
  expect(more.why).toBeUndefined();
});

test('a user of 200 examples has bounds as narrow as asked for, above those of 100', () => {
  const of = (k: number) => {
    const {means, probabilities} = user(k, 256 / 60000);
    const event = mixtureOfGaussians({standardDeviation: 1.1, sensitivities: means, probabilities});
    return new PldAccountant().compose(event, 14062).epsilon(1e-5);
  };
  const [fewer, more] = [of(100), of(200)];
  expect(fewer.why ?? more.why).toBeUndefined();
  expect(more.lower).toBeGreaterThan(fewer.upper);
});
