import {describe, expect, test} from '@jest/globals';
import {gaussian, gaussianEpsilon, poissonSampled, RdpAccountant} from '@dp/accountant';

import {ROW} from '../testing/ledger_row.js';
import {Ledger, type LedgerRow} from './ledger.js';
import {privacySpent} from './spent.js';

const DELTA = 1e-5;

function ledgerOf(count: number, row: (i: number) => Omit<LedgerRow, 'version' | 'release'>): Ledger {
  const ledger = new Ledger();
  for (let i = 0; i < count; i++) ledger.append(row(i));
  return ledger;
}

const poisson = {kind: 'poisson' as const, numExamples: 60_000, samplingProbability: 256 / 60_000};
const shuffle = (epoch: number) => ({
  kind: 'shuffle' as const,
  sampler: 's',
  numExamples: 1000,
  batchSize: 100,
  epoch,
});

describe('privacySpent', () => {
  test("gives the original tutorial's figures for its Poisson-sampled runs", () => {
    const spent = (steps: number) =>
      privacySpent(
        ledgerOf(steps, (i) => ({...ROW, batchId: `${i}`, sampling: poisson})),
        {delta: DELTA},
      );
    expect(spent(234).epsilonClassic.toFixed(2)).toBe('1.03');
    expect(spent(468).epsilonClassic.toFixed(2)).toBe('1.11');
    expect(spent(14_062).epsilonClassic.toFixed(2)).toBe('3.01');
    expect(spent(14_062).epsilon.toFixed(2)).toBe('2.60');
    expect(spent(234)).toMatchObject({neighboring: 'addOrRemoveOne', releases: 234, secure: true});
    expect(spent(234)).not.toHaveProperty('ifPoissonSampled');
  });

  test('counts releases on one batch as one event, not as separately sampled', () => {
    const twice = privacySpent(
      ledgerOf(200, (i) => ({...ROW, batchId: `${i >> 1}`, sampling: poisson})),
      {delta: DELTA},
    );
    const event = poissonSampled({...poisson, event: gaussian({noiseMultiplier: 1.1 / Math.SQRT2})});
    expect(twice.epsilon).toBeCloseTo(new RdpAccountant().compose(event, 100).epsilon(DELTA), 9);
    const apart = privacySpent(
      ledgerOf(200, (i) => ({...ROW, batchId: `${i}`, sampling: poisson})),
      {delta: DELTA},
    );
    expect(twice.epsilon).toBeGreaterThan(apart.epsilon);
  });

  test('gives shuffled epochs one Gaussian each, exactly, and labels the Poisson figure as not valid', () => {
    const spent = privacySpent(
      ledgerOf(600, (i) => ({...ROW, batchId: `${i}`, sampling: shuffle(Math.floor(i / 10))})),
      {delta: DELTA},
    );
    expect(spent.epsilon).toBeCloseTo(
      gaussianEpsilon({noiseMultiplier: 1.1 / Math.sqrt(60), delta: DELTA}),
      9,
    );
    expect(spent.epsilon.toFixed(1)).toBe('54.0');
    expect(spent.neighboring).toBe('replaceSpecial');
    expect(spent.ifPoissonSampled).toBeLessThan(spent.epsilon);
  });

  test('composes every step of batches that nobody vouches for, and one an epoch where participation is declared', () => {
    const ledger = ledgerOf(30, (i) => ({...ROW, batchId: `call-${i}`, sampling: {kind: 'unknown'}}));
    const unknown = privacySpent(ledger, {delta: DELTA});
    expect(unknown.epsilon).toBeCloseTo(
      gaussianEpsilon({noiseMultiplier: 1.1 / Math.sqrt(30), delta: DELTA}),
      9,
    );
    const declared = {numExamples: 1000, batchSize: 100, oncePerEpoch: true as const};
    expect(privacySpent(ledger, {delta: DELTA, declared}).epsilon).toBeCloseTo(
      gaussianEpsilon({noiseMultiplier: 1.1 / Math.sqrt(3), delta: DELTA}),
      9,
    );
    // A begun epoch counts whole.
    ledger.append({...ROW, batchId: 'more', sampling: {kind: 'unknown'}});
    expect(privacySpent(ledger, {delta: DELTA, declared}).epsilon).toBeCloseTo(
      gaussianEpsilon({noiseMultiplier: 1.1 / Math.sqrt(4), delta: DELTA}),
      9,
    );
    expect(() => privacySpent(ledger, {delta: DELTA, declared: {...declared, batchSize: 2000}})).toThrow(
      'batchSize must be at most numExamples (1000), got 2000',
    );
  });

  test('takes the weakest noise of an epoch', () => {
    const ledger = ledgerOf(10, (i) => ({
      ...ROW,
      noiseMultiplier: i === 3 ? 0.5 : 5,
      batchId: `${i}`,
      sampling: shuffle(0),
    }));
    expect(privacySpent(ledger, {delta: DELTA}).epsilon).toBeCloseTo(
      gaussianEpsilon({noiseMultiplier: 0.5, delta: DELTA}),
      9,
    );
  });

  test('has no guarantee without noise, costs nothing without releases, and says when noise is not secure', () => {
    const silent = ledgerOf(1, () => ({...ROW, noiseMultiplier: 0, batchId: '0', sampling: poisson}));
    expect(privacySpent(silent, {delta: DELTA}).epsilon).toBe(Infinity);
    expect(privacySpent(new Ledger(), {delta: DELTA}).epsilon).toBe(0);
    const seeded = ledgerOf(1, () => ({
      ...ROW,
      random: {name: 'seeded', secure: false},
      batchId: '0',
      sampling: poisson,
    }));
    expect(privacySpent(seeded, {delta: DELTA}).secure).toBe(false);
  });

  test('refuses a ledger that mixes ways of sampling', () => {
    const mixed = ledgerOf(2, (i) => ({...ROW, batchId: `${i}`, sampling: i === 0 ? poisson : shuffle(0)}));
    expect(() => privacySpent(mixed, {delta: DELTA})).toThrow(
      'mixes batches sampled in different ways (poisson, shuffle)',
    );
  });
});

describe('Ledger', () => {
  test('numbers rows, freezes them, and lets nothing out if a row cannot be written', () => {
    const written: LedgerRow[] = [];
    const ledger = new Ledger({
      rows: [],
      append(row) {
        if (written.length === 1) throw new Error('disk full');
        written.push(row);
      },
    });
    const row = ledger.append({...ROW, batchId: '0', sampling: poisson});
    expect(row).toMatchObject({version: 1, release: 0});
    expect(Object.isFrozen(row)).toBe(true);
    expect(() => ledger.append({...ROW, batchId: '1', sampling: poisson})).toThrow('disk full');
    expect(ledger.rows).toEqual(written);
  });

  test('goes on after the rows that its store holds', () => {
    const earlier = ledgerOf(2, (i) => ({...ROW, batchId: `${i}`, sampling: poisson})).rows;
    const ledger = new Ledger({rows: earlier, append: () => undefined});
    expect(ledger.append({...ROW, batchId: '2', sampling: poisson}).release).toBe(2);
    expect(ledger.rows).toHaveLength(3);
  });
});
