import {beforeAll, describe, expect, test} from '@jest/globals';
import {dpAdam, shuffleSampler} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import {auditAll} from './audit_all.js';
import {auditTwoRuns} from './canaries/two_run.js';
import {auditFloatingPoint} from './floating_point/audit.js';
import {auditLedger} from './ledger/audit.js';
import {auditNoise} from './noise/audit.js';
import {auditSampler} from './sampler/audit.js';
import {auditSensitivity} from './sensitivity/audit.js';
import {AuditError} from './errors.js';
import {tableOf} from './report/table.js';
import {auditSeparation} from './separation/audit.js';
import {denseSubject, embeddingSubject} from './testing/subjects.js';
import type {AuditResult} from './result.js';
import {auditUpdate} from './update/audit.js';

/** Of each call below: all together stay below 1e-8. */
const falseAlarmRate = 1e-9;

const failures = (results: readonly AuditResult[]): string[] =>
  results.filter(({passed}) => !passed).map(({name}) => name);

describe('audits of the shipped step', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test('sensitivity holds, and is reached', () => {
    const results = auditSensitivity(denseSubject(), {largeBatch: 512});
    expect(failures(results)).toEqual([]);
    const added = results.find(({name}) => name === 'sensitivity: added record');
    expect(added?.measured).toBeGreaterThan(0.999);
  });

  test('sensitivity of microbatches is twice the clip norm', () => {
    const subject = denseSubject({numMicrobatches: 8, expectedBatchSize: 32});
    expect(failures(auditSensitivity(subject, {largeBatch: 64}))).toEqual([]);
  });

  test('noise is as the ledger says', () => {
    expect(failures(auditNoise(denseSubject(), {draws: 20_000, falseAlarmRate}))).toEqual([]);
  });

  test('noise of Adam is that of its gradients', () => {
    const subject = {
      ...denseSubject(),
      optimizer: (changed: object) =>
        dpAdam({l2NormClip: 2, noiseMultiplier: 0.7, numMicrobatches: 32, expectedBatchSize: 32, ...changed}),
    };
    expect(failures(auditNoise(subject, {draws: 5000, falseAlarmRate}))).toEqual([]);
  });

  test('Poisson and shuffled batches are what they say', () => {
    const subject = denseSubject();
    expect(failures(auditSampler(subject, {batches: 400, falseAlarmRate}))).toEqual([]);
    const shuffled = {...subject, sampler: () => shuffleSampler({numExamples: 200, batchSize: 32})};
    expect(failures(auditSampler(shuffled))).toEqual([]);
  });

  test('weights move by what was released alone', () => {
    expect(auditUpdate(denseSubject()).passed).toBe(true);
    const adam = dpAdam({l2NormClip: 2, noiseMultiplier: 0.7, numMicrobatches: 32, expectedBatchSize: 32});
    // An optimizer that remembers more than its gradients: here what an earlier subject's steps left in it.
    const used = {...denseSubject(), optimizer: () => adam};
    expect(auditUpdate(used).passed).toBe(false);
  });

  test('what cannot be audited is refused', () => {
    expect(() => auditNoise(denseSubject({noiseMultiplier: 0}))).toThrow(AuditError);
    const {name, variables, losses, records, optimizer} = denseSubject();
    expect(() => auditSampler({name, variables, losses, records, optimizer})).toThrow('has no sampler');
  });

  test('leaks no tensor', () => {
    const subject = denseSubject();
    auditNoise(subject, {draws: 1});
    const before = tf.memory().numTensors;
    auditNoise(subject, {draws: 1});
    auditSeparation(subject);
    auditLedger(subject);
    auditFloatingPoint(subject);
    auditUpdate(subject);
    auditTwoRuns(subject, {repeats: 2});
    expect(tf.memory().numTensors).toBe(before);
  });

  const isLong = process.env['DP_LONG_TESTS'] !== undefined;

  (isLong ? test : test.skip)('all at once says which audits could not be made', () => {
    const {results, notMade} = auditAll(embeddingSubject());
    expect(failures(results)).toEqual([]);
    expect(notMade).toEqual([expect.stringContaining('canaries need float32 inputs')]);
  });
});

test('the table shows claim against measurement, and why an audit failed', () => {
  const text = tableOf([
    {
      name: 'noise: variance',
      claim: 'is right',
      measured: 0.34,
      bound: 0.01,
      relation: '<=',
      passed: false,
      detail: '0.66 times the claimed variance',
      falseAlarmRate: 1e-7,
    },
  ]);
  expect(text).toContain('FAILED  noise: variance  0.34 <= 0.01  is right');
  expect(text).toContain('1 of 1 audits FAILED');
  expect(text).toContain('noise: variance: 0.66 times the claimed variance');
});
