import {describe, expect, test} from '@jest/globals';
import {gaussian, gaussianEpsilon, PldAccountant, poissonSampled} from '@dp/accountant';
import {seededSource} from '@dp/random';

import {ROW} from '../testing/ledger_row.js';
import {checkLedgerRow} from './check_row.js';
import {Ledger} from './ledger.js';
import {privateAccuracy, type PrivateAccuracyOptions} from './private_accuracy.js';
import {privacySpent} from './spent.js';

const DELTA = 1e-5;
const {optimizer} = ROW;
const poisson = {kind: 'poisson' as const, numExamples: 60_000, samplingProbability: 256 / 60_000};
const validation = {dataset: 'validation', disjoint: true};

function counted(
  right: Iterable<boolean>,
  options: Partial<PrivateAccuracyOptions> & Pick<PrivateAccuracyOptions, 'ledger'>,
) {
  return privateAccuracy(right, {
    of: validation,
    numExamples: 1000,
    countNoise: 5,
    optimizer,
    step: 0,
    ...options,
  });
}

describe('privateAccuracy', () => {
  const right = Array.from({length: 1000}, (_, i) => i % 4 !== 0);

  test('is the share of right answers, with noise of the deviation in its row', () => {
    const ledger = new Ledger();
    const draws = 400;
    let squared = 0;
    for (let i = 0; i < draws; i++) {
      squared += ((counted(right, {ledger}).accuracy - 0.75) * 1000) ** 2;
    }
    // 6.5 standard errors: a false alarm has probability below 1e-10.
    expect(Math.abs(squared / draws / 25 - 1)).toBeLessThan(6.5 * Math.sqrt(2 / draws));
    const [row] = ledger.rows;
    expect(row).toMatchObject({
      what: 'accuracyCount',
      noiseMultiplier: 10,
      sensitivity: 0.5,
      divisor: 1000,
      sampling: {kind: 'all', dataset: 'validation', numExamples: 1000, disjoint: true},
    });
    expect(checkLedgerRow(JSON.parse(JSON.stringify(row)))).toEqual(row);
  });

  test('moves by half a count when an example is added or zeroed out, and by one when it is replaced', () => {
    const count = (answers: boolean[]): number =>
      (counted(answers, {ledger: new Ledger(), randomSource: seededSource(1)}).accuracy - 0.5) * 1000;
    expect(count([...right, true]) - count(right)).toBeCloseTo(0.5, 9);
    expect(count([...right, false]) - count(right)).toBeCloseTo(-0.5, 9);
    expect(count([...right, true]) - count([...right, false])).toBeCloseTo(1, 9);
  });

  test('a data set that shares no record with the training data has its own epsilon; the larger one counts', () => {
    const ledger = new Ledger();
    const training = new PldAccountant()
      .compose(poissonSampled({...poisson, event: gaussian({noiseMultiplier: 1.1})}), 3)
      .epsilon(DELTA).upper;
    for (let i = 0; i < 3; i++) ledger.append({...ROW, batchId: `${i}`, sampling: poisson});
    counted(right, {ledger, countNoise: 100});
    const spent = privacySpent(ledger, {delta: DELTA});
    expect(spent.epsilon).toBe(training);
    expect(spent.otherDataSets?.['validation']).toBeCloseTo(
      gaussianEpsilon({noiseMultiplier: 200, delta: DELTA}),
      9,
    );
    expect(spent.basis).toContain("each record of 'validation' took part in each count over it (declared");
    for (let i = 0; i < 4; i++) counted(right, {ledger, countNoise: 1});
    expect(privacySpent(ledger, {delta: DELTA}).epsilon).toBeCloseTo(
      gaussianEpsilon({noiseMultiplier: (4 / 4 + 1 / 200 ** 2) ** -0.5, delta: DELTA}),
      8,
    );
  });

  test('a data set that may share records adds to what training spends', () => {
    const ledger = new Ledger();
    ledger.append({...ROW, batchId: '0', sampling: poisson});
    counted(right, {ledger, of: {dataset: 'training', disjoint: false}});
    const together = new PldAccountant()
      .compose(poissonSampled({...poisson, event: gaussian({noiseMultiplier: 1.1})}))
      .compose(gaussian({noiseMultiplier: 10}));
    const spent = privacySpent(ledger, {delta: DELTA});
    expect(spent.epsilon).toBeCloseTo(together.epsilon(DELTA).upper, 9);
    expect(spent).not.toHaveProperty('epsilonLower');
    expect(() => {
      counted(right, {ledger, of: {dataset: 'training', disjoint: true}});
      privacySpent(ledger, {delta: DELTA});
    }).toThrow("data set 'training' is declared to share no record");
  });

  test('on a drawn batch it is one event with the gradients of that batch', () => {
    const ledger = new Ledger();
    ledger.append({...ROW, batchId: 'b', sampling: poisson});
    counted([true, false], {
      ledger,
      of: {id: 'b', indices: new Int32Array(2), sampling: poisson},
      numExamples: 256,
    });
    const both = gaussian({noiseMultiplier: (1.1 ** -2 + 10 ** -2) ** -0.5});
    expect(privacySpent(ledger, {delta: DELTA}).epsilon).toBeCloseTo(
      new PldAccountant().compose(poissonSampled({...poisson, event: both})).epsilon(DELTA).upper,
      9,
    );
  });

  test('refuses options out of bounds before any release', () => {
    const ledger = new Ledger();
    expect(() => counted(right, {ledger, countNoise: 0})).toThrow(
      'countNoise must be a number in (0, 2^24], got 0',
    );
    expect(() => counted(right, {ledger, numExamples: 0})).toThrow(
      'numExamples must be an integer >= 1, got 0',
    );
    expect(ledger.rows).toHaveLength(0);
  });
});
