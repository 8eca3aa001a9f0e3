import {beforeAll, describe, expect, jest, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import {seededSource} from '@dp/random';

import {Ledger, type NewRow} from '../account/ledger.js';
import {privacySpent} from '../account/spent.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import {ROW} from '../testing/ledger_row.js';
import {privacyReport} from './privacy_report.js';
import {short} from './words.js';

const DELTA = 1e-5;

function ledgerOf(rows: number, more: Partial<NewRow> = {}): Ledger {
  const ledger = new Ledger();
  for (let i = 0; i < rows; i++) {
    ledger.append({
      ...ROW,
      step: i,
      batchId: `${i}`,
      sampling: {kind: 'poisson', numExamples: 60_000, samplingProbability: 256 / 60_000},
      ...more,
    });
  }
  return ledger;
}

describe('privacyReport', () => {
  test('states what the ledger proves, as data, text and Markdown', () => {
    const ledger = ledgerOf(234);
    const report = privacyReport(ledger, {delta: DELTA});
    const spent = privacySpent(ledger, {delta: DELTA});
    expect(report.spent).toEqual(spent);
    expect(report.warnings).toEqual([]);
    expect(report.releases).toEqual([
      expect.objectContaining({
        releases: 234,
        optimizer: 'DPSGD-0',
        noiseMultiplier: {least: 1.1, largest: 1.1},
      }),
    ]);
    expect(report.ledger).toEqual(ledger.position);
    for (const words of [report.text, report.markdown]) {
      expect(words).toContain(`epsilon = ${short(spent.epsilon)} at delta = 0.00001 (an upper bound`);
      expect(words).toContain('for each example');
      expect(words).toContain('one example is added or removed');
      expect(words).toContain('234 sums of clipped gradients by DPSGD-0: Gaussian noise');
      expect(words).toContain(ledger.id);
      expect(words).toContain('training loss');
    }
    expect(report.markdown).toMatch(/^## Privacy\n/);
  });

  test('of an optimizer on a plain fit says what would hold and what does', async () => {
    await tf.setBackend('cpu');
    const declared = {numExamples: 1000, batchSize: 100, oncePerEpoch: true} as const;
    const ledger = ledgerOf(20, {sampling: {kind: 'unknown'}, noiseMultiplier: 4});
    const optimizer = dpSGD({
      learningRate: 1,
      l2NormClip: 1,
      noiseMultiplier: 4,
      numMicrobatches: 100,
      ledger,
    });
    const {text, spent} = privacyReport(optimizer, {delta: DELTA, declared});
    expect(text).toContain(
      `epsilon = ${short(spent.ifPoissonSampled!)} would hold; it is not valid for this run`,
    );
    expect(text).toContain('declared, not checked');
  });

  test('of sampled users is about users, and knows their number', () => {
    const sampling = {kind: 'poissonUsers', numUsers: 1000, samplingProbability: 0.01} as const;
    const report = privacyReport(ledgerOf(3, {sampling}), {delta: 1e-3});
    expect(report.unit).toBe('user');
    expect(report.text).toContain('for each user');
    expect(report.relation).toBe('one user, with all of her examples, is added or removed');
    expect(report.warnings).toEqual([expect.stringContaining('Delta is 0.001, and there are 1000 records')]);
  });

  test('never rounds a bound down', () => {
    expect([1.23456, 54.04581, 0.000123456, 6269.53, 10, 0, Infinity].map(short)).toEqual([
      '1.235',
      '54.05',
      '0.0001235',
      '6270',
      '10',
      '0',
      'Infinity',
    ]);
  });

  test('warns of a large epsilon, of little noise and of a seeded source, and of nothing else', () => {
    const warnings = (rows: number, more: Partial<NewRow>) =>
      privacyReport(ledgerOf(rows, more), {delta: DELTA}).warnings;
    expect(warnings(1, {})).toEqual([]);
    expect(warnings(100, {sampling: {kind: 'unknown'}})).toEqual([
      expect.stringMatching(/^Epsilon is .* above 10/),
    ]);
    expect(
      warnings(1, {
        noiseMultiplier: 0.29,
        sampling: {kind: 'poisson', numExamples: 90_000, samplingProbability: 1e-9},
      }),
    ).toEqual([expect.stringContaining('The noise multiplier is 0.29, below 0.3')]);
    expect(warnings(1, {noiseMultiplier: 0})).toEqual([
      expect.stringContaining('No epsilon holds'),
      expect.stringContaining('The noise multiplier is 0'),
    ]);
    expect(warnings(1, {random: {name: 'seeded', secure: false}})).toEqual([
      expect.stringContaining('protects nobody'),
    ]);
    expect(privacyReport(ledgerOf(1, {noiseMultiplier: 0}), {delta: DELTA}).text).toContain(
      'WARNING: No epsilon',
    );
  });
});

describe('warnings', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test('are printed once in a process, however often there is reason', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    try {
      const variable = tf.variable(tf.zeros([2]));
      const x = tf.ones([2, 2]);
      for (let run = 0; run < 2; run++) {
        const optimizer = dpSGD({
          learningRate: 1,
          l2NormClip: 1,
          noiseMultiplier: 0.25,
          numMicrobatches: 2,
          randomSource: seededSource(1),
        });
        for (let step = 0; step < 2; step++)
          optimizer.minimize(() => tf.sum(tf.mul(x, variable), 1), false, [variable]);
        expect(privacySpent(optimizer.ledger, {delta: DELTA}).epsilon).toBeGreaterThan(10);
        privacySpent(ledgerOf(50, {sampling: {kind: 'unknown'}}), {delta: DELTA});
      }
      const ours = warn.mock.calls
        .map(([text]) => String(text))
        .filter((text) => text.startsWith('@dp/optimizers'));
      expect(ours.filter((text) => text.includes('The noise multiplier is 0.25'))).toHaveLength(1);
      expect(ours.length).toBeLessThanOrEqual(2);
      tf.dispose([variable, x]);
    } finally {
      warn.mockRestore();
    }
  });
});
