import {describe, expect, test} from '@jest/globals';

import {ROW} from '../testing/ledger_row.js';
import type {LedgerRow} from './ledger_row.js';
import type {Sampling} from './sampling.js';
import {privacySpent} from './spent.js';

const q = {samplingProbability: 256 / 60_000};

/** The run of the MNIST tutorial, with batches drawn in another way. */
function spent(sampling: Sampling, steps = 14_062) {
  const rows = Array.from({length: steps}, (_, release): LedgerRow => ({
    ...ROW,
    version: 1,
    release,
    batchId: `${release}`,
    sampling,
  }));
  return privacySpent({rows}, {delta: 1e-5});
}

describe('what sampling costs', () => {
  test('a cap of 300 on Poisson batches makes 2.38 to 3.43', () => {
    const {epsilon, basis, ...rest} = spent({
      kind: 'truncatedPoisson',
      numExamples: 60_000,
      ...q,
      maxBatchSize: 300,
    });
    expect(epsilon.toFixed(2)).toBe('3.43');
    expect(basis).toContain('300 records were kept at random');
    expect(rest).not.toHaveProperty('epsilonLower');
  });

  test('five records a user make it 16.1 for a user, and one record a user what it is for an example', () => {
    const capped = (maxExamplesPerUser: number) =>
      spent({kind: 'poissonCappedUsers', numExamples: 60_000, ...q, maxExamplesPerUser});
    expect(capped(5).epsilon.toFixed(1)).toBe('16.1');
    expect(capped(5)).toMatchObject({unit: 'user', neighboring: 'addOrRemoveOne'});
    const users = spent({kind: 'poissonUsers', numUsers: 60_000, ...q});
    expect(users).toMatchObject({unit: 'user'});
    expect(users.epsilon).toBeCloseTo(capped(1).epsilon, 2);
    expect(users.epsilon.toFixed(2)).toBe('2.38');
    const examples = spent({kind: 'poisson', numExamples: 60_000, ...q});
    expect(examples).not.toHaveProperty('unit');
    expect(examples.epsilon).toBe(users.epsilon);
  });

  test('batches of a fixed order amplify nothing: 60 epochs make 54.0', () => {
    const rows = Array.from({length: 60 * 4}, (_, release): LedgerRow => ({
      ...ROW,
      version: 1,
      release,
      batchId: `${release}`,
      sampling: {kind: 'fixed', sampler: 'f', numExamples: 60_000, batchSize: 15_000, epoch: release >> 2},
    }));
    const {epsilon, neighboring} = privacySpent({rows}, {delta: 1e-5});
    expect(epsilon.toFixed(1)).toBe('54.0');
    expect(neighboring).toBe('replaceSpecial');
  });
});
