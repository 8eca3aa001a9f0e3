import {describe, expect, test} from '@jest/globals';
import {
  DEFAULT_ORDERS,
  composed,
  gaussian,
  gaussianEpsilon,
  PldAccountant,
  poissonSampled,
  RdpAccountant,
  singleEpochTreeAggregation,
} from '@dp/accountant';

import {ROW} from '../testing/ledger_row.js';
import {Ledger, type NewRow} from './ledger.js';
import type {LedgerRow} from './ledger_row.js';
import type {Sampling} from './sampling.js';
import {privacySpent} from './spent.js';

const DELTA = 1e-5;

function ledgerOf(count: number, row: (i: number) => NewRow): Ledger {
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
    // Between the bounds of privacy loss distributions, where Renyi divergences prove 2.60.
    const {epsilon, epsilonLower = NaN, method} = spent(14_062);
    expect(epsilon.toFixed(2)).toBe('2.38');
    expect(method).toBe('privacy loss distributions');
    expect(epsilonLower).toBeLessThan(epsilon);
    expect(epsilon - epsilonLower).toBeLessThan(1e-3 * epsilon);
    expect(spent(234)).toMatchObject({neighboring: 'addOrRemoveOne', releases: 234, secure: true});
    expect(spent(234)).not.toHaveProperty('ifPoissonSampled');
  });

  test('counts releases on one batch as one event, not as separately sampled', () => {
    const twice = privacySpent(
      ledgerOf(200, (i) => ({...ROW, batchId: `${i >> 1}`, sampling: poisson})),
      {delta: DELTA},
    );
    const event = poissonSampled({...poisson, event: gaussian({noiseMultiplier: 1.1 / Math.SQRT2})});
    const bounds = new PldAccountant().compose(event, 100).epsilon(DELTA);
    expect(twice.epsilon).toBeCloseTo(bounds.upper, 9);
    expect(twice.epsilonLower).toBeCloseTo(bounds.lower, 9);
    expect(twice.epsilonClassic).toBeCloseTo(
      new RdpAccountant({conversion: 'classic', orders: DEFAULT_ORDERS}).compose(event, 100).epsilon(DELTA),
      9,
    );
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
      8,
    );
    expect(spent.epsilon.toFixed(1)).toBe('54.0');
    expect(spent.neighboring).toBe('replaceSpecial');
    expect(spent.ifPoissonSampled).toBeLessThan(spent.epsilon);
  });

  test('composes every step of batches that nobody vouches for, and one an epoch where participation is declared', () => {
    const ledger = ledgerOf(30, (i) => ({
      ...ROW,
      step: i,
      batchId: `call-${i}`,
      sampling: {kind: 'unknown'},
    }));
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
    ledger.append({...ROW, step: 30, batchId: 'more', sampling: {kind: 'unknown'}});
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

  test('reads rows once: asked after every step, it says what a fresh ledger says', () => {
    const ledger = new Ledger();
    for (let i = 0; i < 12; i++) {
      // Every third row is a second release of the batch before.
      ledger.append({...ROW, batchId: `${i % 3 === 2 ? i - 1 : i}`, sampling: poisson});
      const asked = privacySpent(ledger, {delta: DELTA});
      const fresh = privacySpent(new Ledger({id: 'l', rows: ledger.rows, append: () => undefined}), {
        delta: DELTA,
      });
      expect(asked).toEqual(fresh);
      expect(privacySpent(ledger, {delta: DELTA})).toBe(asked);
    }
    expect(privacySpent(ledger, {delta: 1e-3}).epsilon).toBeLessThan(
      privacySpent(ledger, {delta: DELTA}).epsilon,
    );
  });

  test('adaptive clipping: the count and the gradients of a step are one event with the whole multiplier', () => {
    const z = 1.1;
    const count = 10;
    const rows = ledgerOf(40, (i) => ({
      ...ROW,
      what: i % 2 === 0 ? 'belowClipCount' : 'gradientSum',
      noiseMultiplier: i % 2 === 0 ? count : (z ** -2 - count ** -2) ** -0.5,
      batchId: `${i >> 1}`,
      sampling: poisson,
    }));
    const plain = ledgerOf(20, (i) => ({...ROW, batchId: `${i}`, sampling: poisson}));
    expect(privacySpent(rows, {delta: DELTA}).epsilon).toBeCloseTo(
      privacySpent(plain, {delta: DELTA}).epsilon,
      9,
    );
  });

  test('two optimizers: on one batch they are one event, and a record meets both in every epoch', () => {
    const spent = (batch: (i: number) => number, sampling: (i: number) => Sampling): number =>
      privacySpent(
        ledgerOf(40, (i) => ({
          ...ROW,
          optimizer: {className: 'DPSGD', id: `DPSGD-${i % 2}`},
          step: i >> 1,
          batchId: `${batch(i)}`,
          sampling: sampling(i),
        })),
        {delta: DELTA, declared: {numExamples: 1000, batchSize: 100, oncePerEpoch: true}},
      ).epsilon;
    const half = (i: number): number => i >> 1;
    const own = (i: number): number => i;
    const both = composed([gaussian({noiseMultiplier: 1.1}), gaussian({noiseMultiplier: 1.1})]);
    const sampled = new PldAccountant().compose(poissonSampled({...poisson, event: both}), 20).epsilon(DELTA);
    expect(spent(half, () => poisson)).toBeCloseTo(sampled.upper, 9);
    // Twenty steps of each are two epochs of each: four Gaussians.
    const four = gaussianEpsilon({noiseMultiplier: 1.1 / 2, delta: DELTA});
    expect(spent(half, (i) => shuffle(Math.floor(i / 20)))).toBeCloseTo(four, 8);
    expect(spent(own, (i) => ({...shuffle(Math.floor(i / 20)), sampler: `${i % 2}`}))).toBeCloseTo(four, 8);
    expect(spent(own, () => ({kind: 'unknown'}))).toBeCloseTo(four, 8);
  });

  test('a noise schedule of many values costs at least as much as it does, and little more', () => {
    const steps = 120;
    const z = (i: number): number => 2 - i / steps;
    const ledger = ledgerOf(steps, (i) => ({
      ...ROW,
      noiseMultiplier: z(i),
      batchId: `${i}`,
      sampling: {...poisson, samplingProbability: 0.01 + i / 1e5},
    }));
    const {epsilon, ...spent} = privacySpent(ledger, {delta: DELTA});
    const exact = new RdpAccountant();
    const few = new PldAccountant();
    for (let i = 0; i < steps; i += 10) {
      const event = gaussian({noiseMultiplier: z(i + 5)});
      few.compose(poissonSampled({samplingProbability: 0.01 + (i + 5) / 1e5, event}), 10);
    }
    for (let i = 0; i < steps; i++) {
      const event = gaussian({noiseMultiplier: z(i)});
      exact.compose(poissonSampled({samplingProbability: 0.01 + i / 1e5, event}));
    }
    expect(epsilon).toBeGreaterThan(few.epsilon(DELTA).lower * 0.999);
    expect(epsilon).toBeLessThan(few.epsilon(DELTA).upper * 1.06);
    expect(spent.epsilonClassic).toBeGreaterThan(exact.epsilon(DELTA));
    expect(spent).not.toHaveProperty('epsilonLower');
  });

  test('a tree in which a record has one leaf costs what the accountant says', () => {
    for (const leaves of [1, 2, 7, 8]) {
      const tree = ledgerOf(leaves, (leaf) => ({
        ...ROW,
        mechanism: {kind: 'tree', tree: 0, leaf, maxLeaves: 8},
        batchId: `${leaf}`,
        sampling: shuffle(0),
      }));
      const event = singleEpochTreeAggregation({noiseMultiplier: 1.1, stepCounts: [leaves]});
      const bounds = new PldAccountant({neighboring: 'replaceSpecial'}).compose(event).epsilon(DELTA);
      expect(privacySpent(tree, {delta: DELTA}).epsilon).toBeCloseTo(bounds.upper, 8);
    }
  });

  test('trees add up, a tree over two epochs counts the record twice, and Poisson sampling has none', () => {
    const trees = (tree: (i: number) => number, sampling: (i: number) => Sampling): Ledger =>
      ledgerOf(8, (i) => ({
        ...ROW,
        mechanism: {kind: 'tree', tree: tree(i), leaf: i - 4 * tree(i), maxLeaves: 8},
        batchId: `${i}`,
        sampling: sampling(i),
      }));
    const epsilonOf = (squaredSensitivity: number): number =>
      gaussianEpsilon({noiseMultiplier: 1.1 / Math.sqrt(squaredSensitivity), delta: DELTA});
    const epoch = (i: number): Sampling => shuffle(i >> 2);
    expect(
      privacySpent(
        trees((i) => i >> 2, epoch),
        {delta: DELTA},
      ).epsilon,
    ).toBeCloseTo(epsilonOf(2 * 3), 8);
    expect(
      privacySpent(
        trees(() => 0, epoch),
        {delta: DELTA},
      ).epsilon,
    ).toBeCloseTo(epsilonOf(4 * 4), 7);
    expect(() =>
      privacySpent(
        trees(
          () => 0,
          () => poisson,
        ),
        {delta: DELTA},
      ),
    ).toThrow('fixed before training');
    // Of unknown sampling: eight leaves, four pairs, two quadruples and the whole hold the record 1, 2, 4 and 8 times.
    const everywhere = 8 * 1 + 4 * 4 + 2 * 16 + 64;
    expect(
      privacySpent(
        trees(
          () => 0,
          () => ({kind: 'unknown'}),
        ),
        {delta: DELTA},
      ).epsilon,
    ).toBeCloseTo(epsilonOf(everywhere), 6);
  });

  test('refuses rows that contradict each other, or that have no account', () => {
    const grouped = ledgerOf(1, () => ({...ROW, microbatchSize: 2, batchId: '0', sampling: poisson}));
    expect(() => privacySpent(grouped, {delta: DELTA})).toThrow('microbatches of 2 examples have no account');
    const drawnTwice = ledgerOf(2, (i) => ({...ROW, batchId: '0', sampling: shuffle(i)}));
    expect(() => privacySpent(drawnTwice, {delta: DELTA})).toThrow("both named '0'");
    const repeated = ledgerOf(2, (i) => ({
      ...ROW,
      mechanism: {kind: 'tree', tree: 0, leaf: 3, maxLeaves: 8},
      batchId: `${i}`,
      sampling: shuffle(0),
    }));
    expect(() => privacySpent(repeated, {delta: DELTA})).toThrow('leaf 3 of tree 0');
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
      id: 'l',
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
    expect(() => ledger.append({...ROW, batchId: '1', sampling: poisson, noiseMultiplier: NaN})).toThrow(
      'row.noiseMultiplier must be a finite number >= 0, got NaN',
    );
    expect(ledger.rows).toEqual(written);
  });

  test('goes on after the rows that its store holds', () => {
    const earlier = ledgerOf(2, (i) => ({...ROW, batchId: `${i}`, sampling: poisson})).rows;
    const ledger = new Ledger({id: 'l', rows: earlier, append: () => undefined});
    expect(ledger.append({...ROW, batchId: '2', sampling: poisson}).release).toBe(2);
    expect(ledger.rows).toHaveLength(3);
  });
});
