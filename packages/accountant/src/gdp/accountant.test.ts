import {expect, test} from '@jest/globals';
import {composed, gaussian, noOp, nonPrivate, poissonSampled} from '../event.js';
import {laplace} from '../leaf_event.js';
import {PldAccountant} from '../pld/accountant.js';
import {golden} from '../testing/golden.js';
import {relativeError} from '../testing/relative_error.js';
import {GdpAccountant} from './accountant.js';

interface CltVector {
  readonly id: string;
  readonly params: Readonly<
    Record<'epochs' | 'noise_multiplier' | 'num_examples' | 'batch_size' | 'delta', number>
  >;
  readonly expected: {readonly poisson: Readonly<Record<'mu' | 'epsilon' | 'delta_at_eps_1', number>>};
}

const step = (q: number, z: number) =>
  poissonSampled({samplingProbability: q, event: gaussian({noiseMultiplier: z})});

test.each(golden('gdp_clt') as readonly CltVector[])('$id', ({params, expected}) => {
  const {epochs, noise_multiplier: z, num_examples: n, batch_size: b, delta} = params;
  const steps = (epochs * n) / b;
  const {poisson} = expected;
  // The vectors do not round the number of steps.
  if (!Number.isInteger(steps)) {
    const mu = new GdpAccountant().compose(step(b / n, z)).mu * Math.sqrt(steps);
    expect(relativeError(mu, poisson.mu)).toBeLessThan(1e-12);
    return;
  }
  const accountant = new GdpAccountant().compose(step(b / n, z), steps);
  expect(relativeError(accountant.mu, poisson.mu)).toBeLessThan(1e-12);
  expect(relativeError(accountant.epsilon(delta), poisson.epsilon)).toBeLessThan(1e-6);
  expect(relativeError(accountant.delta(1), poisson.delta_at_eps_1)).toBeLessThan(1e-6);
});

test('it is no bound: for the MNIST run it lies below the truth', () => {
  const run = step(256 / 60000, 1.1);
  const approximation = new GdpAccountant().compose(run, 14062);
  expect(approximation.isApproximation).toBe(true);
  expect(approximation.epsilon(1e-5)).toBeLessThan(
    new PldAccountant().compose(run, 14062).epsilon(1e-5).lower,
  );
});

test('edges, and what it does not know', () => {
  expect(new GdpAccountant().compose(noOp(), 3).epsilon(1e-5)).toBe(0);
  expect(new GdpAccountant().compose(composed([nonPrivate()])).epsilon(1e-5)).toBe(Infinity);
  expect(new GdpAccountant().compose(gaussian({noiseMultiplier: 2}), 4).mu).toBe(1);
  expect(() => new GdpAccountant().compose(laplace({noiseMultiplier: 1}))).toThrow(
    'GdpAccountant does not support',
  );
});
