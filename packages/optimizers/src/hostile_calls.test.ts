import {beforeAll, beforeEach, expect, jest, test} from '@jest/globals';
import {seededSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';

import {violations, type HostileCall, type Untested} from '../../../tools/testing/hostile_calls.js';
import * as optimizers from './index.js';
import {ROW} from './testing/ledger_row.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});

const ledger = new optimizers.Ledger();
const randomSource = seededSource(1);
const PRIVACY = {
  l2NormClip: 1,
  noiseMultiplier: 1,
  numMicrobatches: 4,
  expectedBatchSize: 4,
  microbatchSize: 1,
  clipping: 'flat',
  ledger,
  randomSource,
};
const WHOLE = ['0.ledger', '0.randomSource'];
/** An object too, or a function of the step. */
const FREE = ['0.clipping', '0.learningRate', '0.l2NormClip', '0.noiseMultiplier'];

/** An optimizer, and two steps of it on one weight. */
function steps(make: (options: never) => optimizers.PrivateOptimizer) {
  return (options: never) => {
    const optimizer = make(options);
    const weight = tf.variable(tf.ones([2]), true);
    const x = tf.ones([4, 2]);
    try {
      for (let step = 0; step < 2; step++)
        optimizer.minimize(() => tf.sum(tf.mul(x, weight), 1), false, [weight]);
      return [...weight.dataSync()];
    } finally {
      optimizer.dispose();
      tf.dispose([weight, x]);
    }
  };
}

function optimizerCall(
  make: (options: never) => optimizers.PrivateOptimizer,
  more: object = {learningRate: 0.1},
): HostileCall {
  return {args: [{...more, ...PRIVACY}], whole: WHOLE, free: FREE, call: steps(make)};
}

const SAMPLER = {numExamples: 8, batchSize: 4, source: randomSource};
const drawn = (sampler: optimizers.Sampler): number => sampler.next().indices.length;
const NEW_ROW = {...ROW, batchId: 'b', sampling: {kind: 'unknown' as const}};
const DP_ROW = {version: 1, release: 0, ...NEW_ROW};
const weight = tf.variable(tf.ones([2]), true);
const x = tf.ones([4, 2]);
const losses = (): tf.Tensor => tf.sum(tf.mul(x, weight), 1);
const MOMENTS = {learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-7};
/** Of a row: any. */
const TEXTS = [
  'batchId',
  'clipping',
  'optimizer.className',
  'optimizer.id',
  'random.name',
  'samplerRandom.name',
].map((name) => `0.${name}`);
const rows = (): {rows: optimizers.LedgerRow[]} => ({rows: [optimizers.checkLedgerRow(DP_ROW)]});
const ofAll = {dataset: 'validation', disjoint: true};
const userIds = ['a', 'a', 'b', 'c', 'c', 'd', 'd', 'e'];

const CALLS: Readonly<Record<keyof typeof optimizers, HostileCall | Untested>> = {
  dpSGD: optimizerCall(optimizers.dpSGD),
  dpMomentum: optimizerCall(optimizers.dpMomentum, {learningRate: 0.1, momentum: 0.9, useNesterov: false}),
  dpAdam: optimizerCall(optimizers.dpAdam, MOMENTS),
  dpAdamW: optimizerCall(optimizers.dpAdamW, {...MOMENTS, weightDecay: 0.01}),
  dpAdagrad: optimizerCall(optimizers.dpAdagrad, {learningRate: 0.1, initialAccumulatorValue: 0.1}),
  dpRMSProp: optimizerCall(optimizers.dpRMSProp, {
    learningRate: 0.1,
    decay: 0.9,
    momentum: 0,
    epsilon: 1e-7,
  }),
  dpFTRL: optimizerCall(optimizers.dpFTRL, {learningRate: 0.1, momentum: 0.9, stepsPerTree: 4}),
  privatize: {
    args: [tf.train.sgd(0.1), PRIVACY],
    whole: ['0', '1.ledger', '1.randomSource'],
    free: ['1.clipping', '1.l2NormClip', '1.noiseMultiplier'],
  },
  DpSgdOptimizer: 'made by dpSGD',
  DpMomentumOptimizer: 'made by dpMomentum',
  DpAdamOptimizer: 'made by dpAdam',
  DpAdamWOptimizer: 'made by dpAdamW',
  DpAdagradOptimizer: 'made by dpAdagrad',
  DpRmsPropOptimizer: 'made by dpRMSProp',
  DpFtrlOptimizer: 'made by dpFTRL',
  PrivatizedOptimizer: 'made by privatize',
  PrivateOptimizer: 'abstract',
  cosineDecay: {args: [{initialValue: 1, decaySteps: 5, finalValue: 0.5}]},
  exponentialDecay: {args: [{initialValue: 1, decaySteps: 5, decayRate: 0.5, staircase: true}]},
  linear: {args: [{from: 1, to: 2, steps: 5}]},
  piecewiseConstant: {args: [{boundaries: [2, 3], values: [1, 2, 3]}]},
  ema: {args: [{decay: 0.9}]},
  clippedGradients: {
    args: [
      losses,
      [weight],
      {l2NormClip: 1, microbatchSize: 1, noiseMultiplier: 1, normalizeBy: 4, batch: [x]},
    ],
    whole: ['1', '2.batch'],
    call: (f, variables, options) => {
      const {sum, norms} = optimizers.clippedGradients(f, variables, options);
      tf.dispose(sum);
      return [...norms];
    },
  },
  gradientTape: {args: [losses, [weight], {batch: [x]}], whole: ['1', '2.batch']},
  perExampleGradients: {
    args: [losses, [weight], {strategy: 'fast', batch: [x]}],
    whole: ['1', '2.batch'],
    free: ['2.strategy'],
    call: (f, variables, options) => {
      const {loss, gradients, norms} = optimizers.perExampleGradients(f, variables, options);
      tf.dispose([loss, gradients, norms]);
    },
  },
  pieceSum: {
    args: [{lossFn: losses, batch: [x]}, [weight], {l2NormClip: 1, clipping: 'flat', microbatchSize: 1}],
    whole: ['0.batch', '1'],
    free: ['2.clipping'],
    call: (piece, variables, options) => optimizers.pieceSum(piece, variables, options).units.length,
  },
  privateMean: {
    args: [
      () => optimizers.clippedGradients(losses, [weight], {l2NormClip: 1, batch: [x]}).exact,
      {noiseMultiplier: 1, normalizeBy: 4, ledger, randomSource},
    ],
    whole: ['0', '1.ledger', '1.randomSource'],
    call: (exact: () => optimizers.ClippedSum, options) => {
      const {gradients} = optimizers.privateMean(exact(), options);
      tf.dispose(gradients);
    },
  },
  ClippedSum: 'made by clippedGradients',
  adaptive: {
    args: [{targetQuantile: 0.5, learningRate: 0.2, countNoise: 5}],
  },
  automatic: {args: [{gamma: 0.01}]},
  perLayer: {args: [{groups: [{of: ['a'], clip: 1, noise: 1}]}], free: ['0.groups.0.of.0']},
  checkLedgerRow: {
    args: [DP_ROW],
    free: TEXTS,
  },
  Ledger: {
    args: [NEW_ROW],
    free: TEXTS,
    call: (row) => new optimizers.Ledger().append(row),
  },
  fixedSampler: {
    args: [SAMPLER],
    whole: ['0.source'],
    free: ['0.source'],
    call: (o) => drawn(optimizers.fixedSampler(o)),
  },
  shuffleSampler: {args: [SAMPLER], whole: ['0.source'], call: (o) => drawn(optimizers.shuffleSampler(o))},
  poissonSampler: {args: [SAMPLER], whole: ['0.source'], call: (o) => drawn(optimizers.poissonSampler(o))},
  truncatedPoissonSampler: {
    args: [{...SAMPLER, maxBatchSize: 6}],
    whole: ['0.source'],
    call: (o) => drawn(optimizers.truncatedPoissonSampler(o)),
  },
  userSampler: {
    args: [{userIds, numUsers: 5, batchSize: 2, source: randomSource}],
    whole: ['0.source', '0.userIds'],
    // Anything with a length and an index.
    free: ['0.userIds'],
    call: (o) => drawn(optimizers.userSampler(o)),
  },
  cappedUserSampler: {
    args: [{...SAMPLER, userIds, maxExamplesPerUser: 2}],
    whole: ['0.source', '0.userIds'],
    call: (o) => drawn(optimizers.cappedUserSampler(o)),
  },
  privateAccuracy: {
    args: [
      [true, false, true],
      {of: ofAll, numExamples: 3, countNoise: 2, ledger, optimizer: ROW.optimizer, step: 0, randomSource},
    ],
    whole: ['0', '1.ledger', '1.randomSource'],
    free: ['0', '1.of.dataset', '1.optimizer.className', '1.optimizer.id'],
  },
  privacySpent: {
    args: [rows(), {delta: 1e-5, declared: {numExamples: 8, batchSize: 4, oncePerEpoch: true}}],
    whole: ['0.rows'],
  },
  privacyReport: {args: [ledger, {delta: 1e-5}], whole: ['0']},
  accuracyRow: 'what privateAccuracy writes',
  checkPerExampleGradients: 'compares, and releases nothing',
  explain: 'shows, and releases nothing',
  epsilonAfter: {args: [rows(), [], {delta: 1e-5}], whole: ['0', '1'], free: ['1']},
  streamSampler: {
    args: [{numExamples: 8, batchSize: 4}],
    call: (o) => optimizers.streamSampler(o).stepsPerEpoch,
  },
  registerPerExampleRule: 'changes all that follows; its test is gradients/registry',
  DpError: 'an error',
};

test.each(Object.keys(optimizers) as (keyof typeof optimizers)[])(
  '%s takes no absurd value',
  async (name) => {
    const entry = (CALLS as Readonly<Partial<Record<string, HostileCall | Untested>>>)[name];
    if (entry === undefined) throw new Error(`the export ${name} has no entry in this table`);
    if (typeof entry === 'string') return;
    const call = entry.call ?? (optimizers[name] as never);
    await expect(violations(name, call, entry)).resolves.toEqual([]);
  },
);
