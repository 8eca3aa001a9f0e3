import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import {seededSource} from '@dp/random';

import {dpFTRL} from '../optimizers/dp_ftrl.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import type {PrivateOptimizer} from '../optimizers/private_optimizer.js';
import {linear, piecewiseConstant} from '../schedules/schedule.js';
import {fixedSampler, shuffleSampler} from './epoch_samplers.js';
import type {LedgerRow} from './ledger_row.js';
import {poissonSampler, truncatedPoissonSampler} from './poisson_samplers.js';
import type {Sampler} from './sampler.js';
import {epsilonAfter, privacySpent} from './spent.js';
import {streamSampler} from './stream_sampler.js';
import {cappedUserSampler, userSampler} from './user_samplers.js';

const DELTA = 1e-4;
const [N, B] = [30, 4];
const options = {numExamples: N, batchSize: B, source: seededSource(1)};
const userIds = Array.from({length: N}, (_, i) => i % 15);
const SAMPLERS: Readonly<Record<string, () => Sampler>> = {
  poisson: () => poissonSampler(options),
  truncated: () => truncatedPoissonSampler({...options, maxBatchSize: 6}),
  users: () => userSampler({userIds, numUsers: 15, batchSize: 3, source: seededSource(1)}),
  'capped users': () => cappedUserSampler({...options, userIds, maxExamplesPerUser: 2}),
  shuffle: () => shuffleSampler(options),
  fixed: () => fixedSampler(options),
  stream: () => streamSampler(options),
};

const base = {learningRate: 1, l2NormClip: 1, numMicrobatches: B, expectedBatchSize: B};
const OPTIMIZERS: Readonly<Record<string, () => PrivateOptimizer>> = {
  'constant noise': () => dpSGD({...base, noiseMultiplier: 2}),
  'noise in pieces': () =>
    dpSGD({...base, noiseMultiplier: piecewiseConstant({boundaries: [5, 11], values: [3, 2, 4]})}),
  'noise and clip norm along lines': () =>
    dpSGD({
      ...base,
      noiseMultiplier: linear({from: 3, to: 2, steps: 5}),
      l2NormClip: linear({from: 1, to: 2, steps: 7}),
    }),
  'a tree an epoch': () => dpFTRL({...base, noiseMultiplier: 4, stepsPerTree: 8}),
  'trees of two epochs': () => dpFTRL({...base, noiseMultiplier: 6, stepsPerTree: 17}),
  'trees of 3 steps': () => dpFTRL({...base, noiseMultiplier: 4, stepsPerTree: 3}),
};

let variable: tf.Variable;

function takeSteps(optimizer: PrivateOptimizer, sampler: Sampler, steps: number): void {
  for (let i = 0; i < steps; i++) {
    const drawn = sampler.next();
    const x = tf.ones([drawn.indices.length, 2]);
    const losses = (): tf.Tensor => tf.sum(tf.mul(x, variable), 1);
    optimizer.minimizeDrawn(drawn, losses, {batch: [x], varList: [variable]}).dispose();
    x.dispose();
  }
}

describe('epsilonAfter', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
    variable = tf.variable(tf.zeros([2]));
  });

  const trees = ['a tree an epoch', 'trees of two epochs', 'trees of 3 steps'];
  const noises = ['constant noise', 'noise in pieces', 'noise and clip norm along lines'];
  const pairs = [
    ...noises.map((optimizer) => ({sampler: 'poisson', optimizer})),
    ...['truncated', 'users', 'capped users'].map((sampler) => ({sampler, optimizer: 'noise in pieces'})),
    ...[...noises, ...trees].map((optimizer) => ({sampler: 'shuffle', optimizer})),
    ...trees.map((optimizer) => ({sampler: 'fixed', optimizer})),
    {sampler: 'stream', optimizer: 'noise in pieces'},
    {sampler: 'stream', optimizer: 'a tree an epoch'},
  ].map((pair, i) => ({...pair, done: (2 * i) % 5}));
  test.each(pairs)(
    'of counted runs is exactly that of their rows one by one: $sampler, $optimizer, after $done steps',
    ({sampler: samplerName, optimizer: optimizerName, done}) => {
      const [sampler, optimizer] = [SAMPLERS[samplerName]!(), OPTIMIZERS[optimizerName]!()];
      takeSteps(optimizer, sampler, done);
      const {ledger} = optimizer;
      const steps = 13;
      const batches = Array.from({length: steps}, (_, ahead) => sampler.announce(ahead));
      const runs = optimizer.foreseeRuns(sampler.announceRuns(steps), 2);
      const one = optimizer
        .foresee(batches, 2)
        .map((row, i): LedgerRow => ({...row, version: 1, release: ledger.rows.length + i}));
      expect(runs.reduce((sum, {count}) => sum + count, 0)).toBe(steps);
      const epsilonOf = (rows: readonly LedgerRow[]): number => epsilonAfter({rows}, [], {delta: DELTA});
      const before = epsilonOf(ledger.rows);
      const expected = epsilonOf([...ledger.rows, ...one]);
      expect(epsilonAfter(ledger, runs, {delta: DELTA})).toBe(expected);
      // Nothing has changed, and it is what comes true.
      expect(epsilonAfter(ledger, [], {delta: DELTA})).toBe(before);
      if (samplerName !== 'shuffle') return;
      takeSteps(optimizer, sampler, steps);
      expect(privacySpent(ledger, {delta: DELTA}).epsilon).toBe(expected);
    },
  );

  test('foresees a million steps as few rows', () => {
    const optimizer = dpSGD({...base, noiseMultiplier: 2});
    expect(optimizer.foreseeRuns(SAMPLERS['poisson']!().announceRuns(1e6), 2)).toHaveLength(1);
    const shuffled = shuffleSampler({numExamples: 4000, batchSize: B}).announceRuns(1e6);
    expect(optimizer.foreseeRuns(shuffled, 2)).toHaveLength(1000);
    const trees = dpFTRL({...base, noiseMultiplier: 2, stepsPerTree: 1000});
    expect(trees.foreseeRuns(shuffled, 2)).toHaveLength(1000);
  });

  test('announces the rest of an epoch that a killed run may have drawn batch by batch, and what follows under a new name', () => {
    const killed = shuffleSampler(options);
    const first = Array.from({length: 3}, () => killed.next().id);
    const resumed = shuffleSampler({...options, rest: killed.rest()});
    const runs = resumed.announceRuns(10);
    expect(runs.map(({count}) => count)).toEqual([1, 1, 1, 1, 1, 5]);
    expect(runs.map(({id}) => id)).toEqual([0, 1, 2, 3, 4, 5].map((ahead) => resumed.announce(ahead).id));
    const name = first[0]!.slice(0, first[0]!.lastIndexOf('-0-0'));
    expect(runs.map(({id}) => id.startsWith(`${name}-0-`))).toEqual([true, true, true, true, true, false]);
    for (const {id, sampling, count} of runs) {
      for (let i = 0; i < count; i++) {
        const drawn = resumed.next();
        expect(drawn.sampling).toEqual(sampling);
        if (i === 0) expect(drawn.id).toBe(id);
      }
    }
  });

  test('refuses schedules that leave their bounds, and clip norms that change within a tree, before anything is released', () => {
    const poisson = SAMPLERS['poisson']!();
    const falling = dpSGD({...base, noiseMultiplier: linear({from: 1, to: -1, steps: 10})});
    expect(() => falling.foreseeRuns(poisson.announceRuns(20), 2)).toThrow('noiseMultiplier(6) must be');
    const l2NormClip = piecewiseConstant({boundaries: [8, 12], values: [1, 2, 3]});
    const tree = dpFTRL({...base, l2NormClip, noiseMultiplier: 1, stepsPerTree: 8});
    expect(tree.foreseeRuns(SAMPLERS['fixed']!().announceRuns(12), 2)).toHaveLength(2);
    expect(() => tree.foreseeRuns(SAMPLERS['fixed']!().announceRuns(13), 2)).toThrow(
      'l2NormClip changed from 2 to 3 within a tree',
    );
    expect(() => tree.foreseeRuns(poisson.announceRuns(1), 2)).toThrow('poisson sampling has none');
  });
});
