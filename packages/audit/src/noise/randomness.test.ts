import {afterEach, beforeAll, expect, jest, test} from '@jest/globals';
import {Ledger, privacySpent} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import {observeStep} from '../subject/observe.js';
import {recordsOf} from '../subject/records.js';
import {denseSubject} from '../testing/subjects.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

afterEach(() => {
  jest.restoreAllMocks();
});

test('no draw of a private run reaches Math.random, which every random tensor of tf.js is seeded by', () => {
  const subject = denseSubject();
  const sampler = subject.sampler?.();
  const ledger = new Ledger();
  const optimizer = subject.optimizer({ledger});
  jest.spyOn(Math, 'random').mockImplementation(() => {
    throw new Error('Math.random was asked');
  });
  expect(() => tf.randomNormal([2])).toThrow('Math.random was asked');
  for (let step = 0; step < 3; step++) {
    const {id, sampling} = sampler?.next() ?? {};
    observeStep(subject, optimizer, step === 0 ? [] : [recordsOf(subject.records)], {
      ...(step === 0 && id !== undefined && {id}),
      sampling: {kind: 'unknown'},
    });
    expect(sampling?.kind).toBe('poisson');
  }
  expect(privacySpent(ledger, {delta: 1e-5}).epsilon).toBeLessThan(Infinity);
  optimizer.dispose();
});
