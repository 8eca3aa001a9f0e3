import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import {secureSource, seededSource, type RandomSource} from '@dp/random';

import {dpSGD} from '../optimizers/dp_sgd.js';
import {privacyReport, type PrivacyReport} from '../report/privacy_report.js';
import {fixedSampler, shuffleSampler} from './epoch_samplers.js';
import type {LedgerRow} from './ledger_row.js';
import {poissonSampler, truncatedPoissonSampler} from './poisson_samplers.js';
import type {Sampler} from './sampler.js';
import {cappedUserSampler, userSampler} from './user_samplers.js';

const SECURE = {name: 'webcrypto', secure: true};
const SEEDED = {name: 'seeded 1 (for tests, protects nobody)', secure: false};

const common = {numExamples: 20, batchSize: 2};
const userIds = Array.from({length: 20}, (_, i) => i >> 1);
const SAMPLERS: Readonly<Record<string, (source: RandomSource) => Sampler>> = {
  poisson: (source) => poissonSampler({...common, source}),
  truncated: (source) => truncatedPoissonSampler({...common, source, maxBatchSize: 5}),
  users: (source) => userSampler({userIds, numUsers: 10, batchSize: 2, source}),
  'capped users': (source) => cappedUserSampler({...common, userIds, maxExamplesPerUser: 2, source}),
  shuffle: (source) => shuffleSampler({...common, source}),
};

/** One step, and what is recorded and said of it. */
function runOf(
  sampler: Sampler,
  randomSource: RandomSource,
  knows = true,
): {readonly row: LedgerRow; readonly report: PrivacyReport} {
  const optimizer = dpSGD({
    learningRate: 1,
    l2NormClip: 1,
    noiseMultiplier: 2,
    numMicrobatches: 2,
    expectedBatchSize: 2,
    randomSource,
  });
  const variable = tf.variable(tf.zeros([2]));
  const announced = sampler.announce(0);
  const {id, sampling} = announced;
  const drawn = {...(knows ? announced : {id, sampling}), indices: new Int32Array(2)};
  const x = tf.ones([2, 2]);
  const [foreseen] = optimizer.foresee([announced], 2);
  optimizer
    .minimizeDrawn(drawn, () => tf.sum(tf.mul(x, variable), 1), {batch: [x], varList: [variable]})
    .dispose();
  const [row] = optimizer.ledger.rows;
  if (knows) expect(foreseen?.samplerRandom).toEqual(row?.samplerRandom);
  tf.dispose([x, variable]);
  return {row: row!, report: privacyReport(optimizer, {delta: 1e-5})};
}

describe('where random bits come from', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test.each(Object.keys(SAMPLERS))('is in the row of each release, for both sources: %s', (name) => {
    const make = SAMPLERS[name]!;
    const secure = runOf(make(secureSource()), secureSource());
    expect(secure.row).toMatchObject({random: SECURE, samplerRandom: SECURE});
    expect(secure.report.spent).toMatchObject({
      secure: true,
      randomness: {noise: 'secure', sampling: 'secure'},
    });
    expect(secure.report.warnings).toEqual([]);
    const seeded = runOf(make(seededSource(1)), secureSource());
    expect(seeded.row).toMatchObject({random: SECURE, samplerRandom: SEEDED});
    expect(seeded.report.spent.randomness).toEqual({noise: 'secure', sampling: 'notSecure'});
    // A permutation that is known weakens nothing: a record is once in an epoch in every order.
    const isClaimed = name !== 'shuffle';
    expect(seeded.report.spent.secure).toBe(!isClaimed);
    expect(seeded.report.warnings).toEqual(
      isClaimed ? [expect.stringContaining('sampling amplifies nothing')] : [],
    );
    expect(seeded.report.text).toContain(
      isClaimed
        ? 'Guarantee: only against whoever cannot know who was drawn: epsilon = '
        : 'the guarantee does not rest on it, and holds for every order',
    );
  });

  test('of seeded noise means that nothing is private, whatever drew the batches', () => {
    for (const source of [secureSource(), seededSource(1)]) {
      const {row, report} = runOf(SAMPLERS['poisson']!(source), seededSource(1));
      expect(row.random).toEqual(SEEDED);
      expect(report.spent.secure).toBe(false);
      expect(report.text).toContain('Guarantee: none, since the noise is not secret');
      expect(report.markdown).toContain('it protects nobody');
    }
  });

  test('is said not to be recorded for a Poisson batch that does not say it, and is none for batches in order', () => {
    const {row, report} = runOf(SAMPLERS['poisson']!(secureSource()), secureSource(), false);
    expect(row).not.toHaveProperty('samplerRandom');
    expect(report.spent).toMatchObject({secure: false, randomness: {sampling: 'notRecorded'}});
    expect(report.warnings).toEqual([expect.stringContaining('not recorded what drew the batches')]);
    const fixed = runOf(fixedSampler(common), secureSource());
    expect(fixed.row).not.toHaveProperty('samplerRandom');
    expect(fixed.report.spent).toMatchObject({secure: true, randomness: {sampling: 'none'}});
    expect(fixed.report.text).toContain('Source of the batches: nothing was drawn by chance');
  });
});
