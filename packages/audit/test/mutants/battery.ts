import {
  auditAccounting,
  auditLedger,
  auditNoise,
  auditSampler,
  auditSensitivity,
  auditSeparation,
  auditUpdate,
  type AuditResult,
  type AuditSubject,
} from '@dp/audit';
import {
  adaptive,
  cappedUserSampler,
  dpAdam,
  dpFTRL,
  perLayer,
  shuffleSampler,
  truncatedPoissonSampler,
  userSampler,
} from '@dp/optimizers';
import {crossEntropy, mnistNetwork} from '@dp/tutorials';
import * as tf from '@tensorflow/tfjs-core';
import '@dp/kernels';
import '@tensorflow/tfjs-backend-cpu';

import {denseSubject, embeddingSubject, tiedSubject, variablesOf} from '../../src/testing/subjects.js';

/** Of each audit of a battery: twenty runs of all of them stay below 1e-4. */
const falseAlarmRate = 2e-7;
const largeBatch = 512;
const draws = 20_000;

const options = {noiseMultiplier: 1.1, numMicrobatches: 32, expectedBatchSize: 32};
const userIds = Array.from({length: 2000}, (_, record) => record % 700);

/** The step of the MNIST tutorial. */
function mnistSubject(): AuditSubject {
  const model = mnistNetwork(1);
  return {
    ...denseSubject({l2NormClip: 1, numMicrobatches: 256, expectedBatchSize: 256}),
    name: 'the MNIST tutorial',
    variables: variablesOf(model),
    losses: (x, y) => crossEntropy(y, model.apply(x, {training: true}) as tf.Tensor),
    records: {
      x: tf.randomUniform([4, 28, 28, 1], 0, 1, 'float32', 1),
      y: tf.cast(tf.oneHot(tf.range(0, 4, 1, 'int32'), 10), 'float32'),
    },
  };
}

/** The audits that are held against mutants, by name, each on the subject that shows most. */
export const BATTERY: Readonly<Record<string, () => AuditResult[]>> = {
  sensitivity: () => auditSensitivity(denseSubject(), {largeBatch}),
  'sensitivity of 4,096': () => auditSensitivity(denseSubject(), {largeBatch: 4096}),
  'sensitivity per layer': () => auditSensitivity(denseSubject({clipping: perLayer()}), {largeBatch: 16}),
  'sensitivity of microbatches': () =>
    auditSensitivity(denseSubject({numMicrobatches: 8, expectedBatchSize: 32}), {largeBatch: 64}),
  'sensitivity of tied weights': () => auditSensitivity(tiedSubject(), {largeBatch: 16}),
  'sensitivity of embeddings': () => auditSensitivity(embeddingSubject(), {largeBatch: 16}),
  noise: () => auditNoise(denseSubject(), {draws, falseAlarmRate}),
  'noise of embeddings': () => auditNoise(embeddingSubject(), {draws, falseAlarmRate}),
  'noise of adaptive clipping': () =>
    auditNoise(denseSubject({clipping: adaptive({targetQuantile: 0.5, learningRate: 0.5, countNoise: 24})}), {
      draws,
      falseAlarmRate,
    }),
  'noise of the MNIST tutorial': () => auditNoise(mnistSubject(), {draws, falseAlarmRate}),
  'noise per layer': () => auditNoise(denseSubject({clipping: perLayer()}), {draws, falseAlarmRate}),
  'noise of trees': () =>
    auditNoise(
      {
        ...denseSubject(),
        optimizer: (changed) =>
          dpFTRL({learningRate: 0.1, l2NormClip: 0.8, stepsPerTree: 8, ...options, ...changed}),
      },
      {draws: 8000, falseAlarmRate},
    ),
  update: () => [
    auditUpdate({
      ...denseSubject(),
      optimizer: (changed) => dpAdam({learningRate: 0.1, l2NormClip: 0.8, ...options, ...changed}),
    }),
  ],
  'poisson sampler': () => auditSampler(denseSubject(), {falseAlarmRate}),
  'shuffling sampler': () =>
    auditSampler(
      {...denseSubject(), sampler: () => shuffleSampler({numExamples: 2000, batchSize: 32})},
      {falseAlarmRate},
    ),
  'truncating sampler': () =>
    auditSampler(
      {
        ...denseSubject(),
        sampler: () => truncatedPoissonSampler({numExamples: 2000, batchSize: 32, maxBatchSize: 36}),
      },
      {falseAlarmRate},
    ),
  'samplers of users': () => [
    ...auditSampler(
      {...denseSubject(), userIds, sampler: () => userSampler({userIds, numUsers: 700, batchSize: 32})},
      {falseAlarmRate: falseAlarmRate / 2},
    ),
    ...auditSampler(
      {
        ...denseSubject(),
        userIds,
        sampler: () => cappedUserSampler({userIds, numExamples: 2000, maxExamplesPerUser: 2, batchSize: 32}),
      },
      {falseAlarmRate: falseAlarmRate / 2},
    ),
  ],
  separation: () => [auditSeparation(denseSubject())],
  ledger: () => auditLedger(denseSubject()),
  accounting: () => [auditAccounting(denseSubject({noiseMultiplier: 0.6}), {falseAlarmRate, runs: 40_000})],
};

/** What a run of some audits prints: which failed, and how. */
export interface BatteryFailure {
  readonly audit: string;
  readonly name: string;
  readonly detail: string;
}

function failuresOf(audit: string): BatteryFailure[] {
  try {
    const results = BATTERY[audit]?.() ?? [];
    return results
      .filter(({passed}) => !passed)
      .map(({name, detail, measured, bound, relation}) => ({
        audit,
        name,
        detail: `not ${measured.toPrecision(4)} ${relation} ${bound.toPrecision(4)}: ${detail}`,
      }));
  } catch (error) {
    return [{audit, name: 'could not be made', detail: String(error)}];
  }
}

if (process.argv[1]?.endsWith('battery.ts') === true) {
  const failures: BatteryFailure[] = [];
  for (const audit of process.argv.slice(2)) {
    // Convolutions are too slow on the other backend.
    await tf.setBackend(audit.includes('MNIST') ? 'wasm' : 'cpu');
    failures.push(...failuresOf(audit));
  }
  process.stdout.write(`${JSON.stringify(failures)}\n`);
}
