import {beforeAll, describe, expect, test} from '@jest/globals';
import {dpFTRL, perLayer, type PrivateOptimizer} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import {denseSubject} from '../testing/subjects.js';
import type {AuditSubject, OptimizerOverrides} from '../subject/subject.js';
import {auditNoise} from './audit.js';

/** Of each call. */
const options = {draws: 4000, falseAlarmRate: 1e-9};

const failures = (subject: AuditSubject): string[] =>
  auditNoise(subject, options)
    .filter(({passed}) => !passed)
    .map(({name}) => name);

/** A subject whose optimizer trains as `made` says, but whose rows are held against those of `claimed`. */
function misread(
  subject: AuditSubject,
  change: (row: PrivateOptimizer['ledger']['rows'][number]) => object,
): AuditSubject {
  return {
    ...subject,
    optimizer: (changed: OptimizerOverrides) => {
      const optimizer = subject.optimizer(changed);
      const {ledger} = optimizer;
      const append = ledger.append.bind(ledger);
      Object.defineProperty(ledger, 'rows', {
        get: () =>
          (Reflect.get(ledger, 'entries') as typeof ledger.rows).map((row) => ({...row, ...change(row)})),
      });
      ledger.append = append;
      return optimizer;
    },
  };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('clipping per layer', () => {
  test('has the noise of each group that the ledger says', () => {
    const results = auditNoise(denseSubject({clipping: perLayer()}), options);
    expect(results.filter(({passed}) => !passed)).toEqual([]);
    expect(results.map(({name}) => name)).toContain('noise: groups');
  });

  test('is failed where groups claim other noise, or amount to another multiplier', () => {
    const subject = denseSubject({clipping: perLayer()});
    const swapped = misread(subject, ({clipping}) => ({
      clipping: clipping.replace(
        /noise (\S+) (\S+)/,
        (_, a: string, b: string) => `noise ${2 * Number(a)} ${b}`,
      ),
    }));
    expect(failures(swapped)).toEqual(
      expect.arrayContaining(['noise: variance in each variable', 'noise: groups']),
    );
  });
});

describe('noise trees', () => {
  const ftrl = (changed: Partial<OptimizerOverrides>): PrivateOptimizer =>
    dpFTRL({
      learningRate: 0.1,
      l2NormClip: 0.8,
      noiseMultiplier: 1.1,
      numMicrobatches: 32,
      expectedBatchSize: 32,
      stepsPerTree: 8,
      ...changed,
    });

  test('have prefix sums of the noise that the ledger says', () => {
    expect(failures({...denseSubject(), optimizer: ftrl})).toEqual([]);
  });

  test('are failed where the ledger claims more', () => {
    const subject = misread({...denseSubject(), optimizer: ftrl}, ({noiseMultiplier}) => ({
      noiseMultiplier: 1.25 * noiseMultiplier,
    }));
    expect(failures(subject)).toContain('noise: variance');
  });
});
