import {
  auditAccounting,
  auditLedger,
  auditNoise,
  auditSampler,
  auditSensitivity,
  auditSeparation,
  type AuditResult,
} from '@dp/audit';
import {adaptive, perLayer, shuffleSampler} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import {denseSubject, embeddingSubject, tiedSubject} from '../../src/testing/subjects.js';

/** Of each audit of a battery: twenty runs of all of them stay below 1e-4. */
const falseAlarmRate = 2e-7;
const largeBatch = 512;
const draws = 20_000;

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
  'poisson sampler': () => auditSampler(denseSubject(), {falseAlarmRate}),
  'shuffling sampler': () =>
    auditSampler(
      {...denseSubject(), sampler: () => shuffleSampler({numExamples: 2000, batchSize: 32})},
      {falseAlarmRate},
    ),
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

if (process.argv[1]?.endsWith('battery.ts') === true) {
  await tf.setBackend('cpu');
  const names = process.argv.slice(2);
  const failures = names.flatMap((audit): BatteryFailure[] => {
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
  });
  process.stdout.write(`${JSON.stringify(failures)}\n`);
}
