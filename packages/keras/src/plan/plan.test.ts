import {beforeAll, describe, expect, test} from '@jest/globals';
import {
  dpFTRL,
  dpSGD,
  epsilonAfter,
  Ledger,
  linear,
  piecewiseConstant,
  type LedgerRow,
  type Schedule,
} from '@dp/optimizers';
import {seededSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers} from '@tensorflow/tfjs-layers';

import type {DpModel} from '../model/dp_model.js';
import {dpSequential} from '../model/factories.js';
import type {PlannedOptimizer} from './planned_optimizer.js';
import type {PrivacyConfig} from './privacy.js';

const [N, B, DELTA] = [30, 4, 1e-5];
const STEPS = Math.ceil(N / B);
const x = tf.tensor2d(Array.from({length: N}, (_, i) => [Math.cos(i), Math.sin(i)]));
const y = tf.tensor2d(Array.from({length: N}, (_, i) => [i % 2]));

function compiled(optimizer: PlannedOptimizer, privacy: Partial<PrivacyConfig>): DpModel {
  const model = dpSequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]});
  model.compile({
    optimizer,
    loss: 'binaryCrossentropy',
    privacy: {numExamples: N, delta: DELTA, randomSource: seededSource(1), ...privacy},
  });
  return model;
}

const OPTIONS = {learningRate: 0.1, l2NormClip: 1};
const ftrl: PlannedOptimizer = (calibrated, {stepsPerEpoch}) =>
  dpFTRL({...OPTIONS, stepsPerTree: stepsPerEpoch, ...calibrated});

function places(rows: readonly LedgerRow[] = []): string[] {
  return rows.map(({mechanism}) => (mechanism.kind === 'tree' ? `${mechanism.tree}.${mechanism.leaf}` : ''));
}

/** The row of the step after a row's. */
function nextRow(row: LedgerRow): LedgerRow {
  const {mechanism, sampling, release} = row;
  if (mechanism.kind !== 'tree' || sampling.kind !== 'shuffle') throw new Error('not a tree');
  const epoch = Math.floor((release + 1) / STEPS);
  const [leaf, room] = [mechanism.leaf + 1, epoch === sampling.epoch ? 1 : STEPS];
  const place = leaf + room <= mechanism.maxLeaves ? {leaf} : {leaf: 0, tree: mechanism.tree + 1};
  return {...row, batchId: 'next', mechanism: {...mechanism, ...place}, sampling: {...sampling, epoch}};
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('tree aggregation', () => {
  test.each(['shuffle', 'fixed'] as const)(
    'is calibrated to a target: a tree an epoch, ending at or under it, and no further (%s)',
    async (sampling) => {
      const model = compiled(ftrl, {sampling, targetEpsilon: 3});
      await model.fit(x, y, {batchSize: B, epochs: 3});
      const {epsilon, releases} = model.privacySpent();
      expect(epsilon).toBeLessThanOrEqual(3);
      expect(epsilon).toBeGreaterThan(2.99);
      expect(releases).toBe(3 * STEPS);
      const rows = model.ledger!.rows;
      expect(places(rows)).toEqual(
        [0, 1, 2].flatMap((tree) => Array.from({length: STEPS}, (_, leaf) => `${tree}.${leaf}`)),
      );
      // Of 8 leaves, one is in 4 sums, in each of 3 epochs.
      expect(new Set(rows.map(({noiseMultiplier}) => noiseMultiplier)).size).toBe(1);
      await expect(model.fit(x, y, {batchSize: B})).rejects.toMatchObject({code: 'BUDGET_SPENT'});
      expect(model.privacySpent().releases).toBe(releases);
    },
  );

  test('stops before the leaf that would pass the budget, whether trees hold an epoch, a part or several', async () => {
    for (const stepsPerTree of [3, STEPS, 2 * STEPS]) {
      const optimizer = dpFTRL({...OPTIONS, noiseMultiplier: 6, numMicrobatches: B, stepsPerTree});
      const model = compiled(optimizer, {sampling: 'shuffle', budget: 2.5});
      const history = await model.fit(x, y, {epochs: 20});
      const {epsilon, releases} = model.privacySpent();
      expect(epsilon).toBeLessThanOrEqual(2.5);
      expect(history.epoch.length).toBeLessThan(20);
      const {[releases - 1]: last} = model.ledger!.rows;
      const more = epsilonAfter(model.ledger!, [{row: nextRow(last!), count: 1}], {delta: DELTA});
      expect(more).toBeGreaterThan(2.5);
      await expect(model.fit(x, y)).rejects.toMatchObject({code: 'BUDGET_SPENT'});
      expect(model.privacySpent().releases).toBe(releases);
    }
  });

  test('of a run that goes on begins a new tree, which is counted, within the target all the same', async () => {
    const ledger = new Ledger();
    const privacy = {sampling: 'shuffle', targetEpsilon: 3, plannedEpochs: 3, ledger} as const;
    const killed = compiled(ftrl, privacy);
    let bytes = new Uint8Array();
    await killed.fit(x, y, {
      batchSize: B,
      epochs: 3,
      callbacks: {
        onBatchEnd: async (batch) => {
          if (batch === 2 && bytes.length === 0) bytes = new Uint8Array(await killed.checkpoint());
          if (batch === 4) killed.layersModel.stopTraining = true;
        },
      },
    });
    expect(places(ledger.rows)).toEqual(['0.0', '0.1', '0.2', '0.3', '0.4']);
    const resumed = compiled(ftrl, privacy);
    await resumed.restore(bytes);
    await resumed.fit(x, y, {batchSize: B, epochs: 3});
    const rows = ledger.rows.slice(5);
    expect(places(rows).slice(0, 7)).toEqual(['0.0', '0.1', '0.2', '0.3', '0.4', '1.0', '1.1']);
    // Batches 3 and 4 are in trees of both runs.
    expect(rows[0]?.batchId).toBe(ledger.rows[3]?.batchId);
    expect(rows[0]?.noiseMultiplier).toBe(ledger.rows[0]?.noiseMultiplier);
    expect(resumed.privacySpent().epsilon).toBeLessThanOrEqual(3);
    expect(ledger.rows.length).toBeLessThan(3 * STEPS + 2);
  });

  test('is refused for Poisson batches before anything is drawn', async () => {
    for (const optimizer of [
      ftrl,
      dpFTRL({...OPTIONS, noiseMultiplier: 1, numMicrobatches: B, expectedBatchSize: B, stepsPerTree: 8}),
    ]) {
      const model = compiled(optimizer, {...(typeof optimizer === 'function' && {targetEpsilon: 3})});
      await expect(model.fit(x, y, {batchSize: B})).rejects.toThrow('Use shuffled batches');
      expect(model.ledger?.rows ?? []).toHaveLength(0);
    }
  });
});

describe('a calibrated noise schedule', () => {
  test.each<[string, (z: number) => Schedule]>([
    ['linear', (z) => linear({from: 2 * z, to: z, steps: 3})],
    ['in pieces', (z) => piecewiseConstant({boundaries: [3, 9], values: [z, 3 * z, 2 * z]})],
    ['a function', (z) => (step) => z * (1 + Math.floor(step / 5) / 10)],
  ])('ends at or under the target: %s', async (_, noiseOf) => {
    const model = compiled(
      (calibrated) =>
        dpSGD({...OPTIONS, ...calibrated, noiseMultiplier: noiseOf(calibrated.noiseMultiplier)}),
      {targetEpsilon: 2},
    );
    await model.fit(x, y, {batchSize: B, epochs: 2});
    const {epsilon, releases} = model.privacySpent();
    expect(releases).toBe(14);
    expect(epsilon).toBeLessThanOrEqual(2);
    expect(epsilon).toBeGreaterThan(1.99);
    const noise = model.ledger!.rows.map(({noiseMultiplier}) => noiseMultiplier);
    expect(new Set(noise).size).toBeGreaterThan(2);
  });

  test('goes on in a resumed run, which is given the multiplier and not the first noise', async () => {
    const optimizer: PlannedOptimizer = (calibrated) =>
      dpSGD({...OPTIONS, ...calibrated, noiseMultiplier: (step) => calibrated.noiseMultiplier * (2 + step)});
    const privacy = {targetEpsilon: 1, plannedEpochs: 1, ledger: new Ledger()};
    const model = compiled(optimizer, privacy);
    let bytes = new Uint8Array();
    const onBatchEnd = async (batch: number): Promise<void> => {
      if (batch === 2) bytes = new Uint8Array(await model.checkpoint());
      model.layersModel.stopTraining = batch === 2;
    };
    await model.fit(x, y, {batchSize: B, callbacks: {onBatchEnd}});
    const resumed = compiled(optimizer, privacy);
    await resumed.restore(bytes);
    await resumed.fit(x, y, {batchSize: B});
    const noise = privacy.ledger.rows.map(({noiseMultiplier}) => noiseMultiplier);
    expect(noise).toEqual([2, 3, 4, 5, 6, 7, 8].map((times) => expect.closeTo((noise[0]! / 2) * times, 9)));
  });

  test('and learning rate and clip norm may follow the plan', async () => {
    const model = compiled(
      (calibrated, {steps}) =>
        dpSGD({
          ...calibrated,
          learningRate: linear({from: 1, to: 0.1, steps}),
          l2NormClip: linear({from: 1, to: 0.5, steps}),
        }),
      {targetEpsilon: 2},
    );
    await model.fit(x, y, {batchSize: B, epochs: 2});
    const clips = model.ledger!.rows.map(({l2NormClip}) => l2NormClip);
    expect([clips[0], clips[7]]).toEqual([1, 0.75]);
    expect(model.privacySpent().epsilon).toBeLessThanOrEqual(2);
  });

  test.each<[string, string, Partial<Parameters<typeof dpSGD>[0]>]>([
    ['which is no multiple of', 'fixed noise', {noiseMultiplier: 2}],
    ['in step 3', 'noise that is fixed from some step on', {noiseMultiplier: (step) => (step < 3 ? NaN : 2)}],
    ['has a ledger of its own', 'another ledger', {ledger: new Ledger()}],
  ])('is refused where it would be wrong: %s (%s)', async (message, _, over) => {
    const model = compiled(
      (calibrated) => {
        const {noiseMultiplier: given} = over;
        const noiseMultiplier =
          typeof given === 'function'
            ? (step: number) => (step < 3 ? calibrated.noiseMultiplier : 2)
            : (given ?? calibrated.noiseMultiplier);
        return dpSGD({...OPTIONS, ...calibrated, ...over, noiseMultiplier});
      },
      {targetEpsilon: 2},
    );
    await expect(model.fit(x, y, {batchSize: B, epochs: 2})).rejects.toThrow(message);
  });
});

test('a target counts what the ledger holds already', async () => {
  const ledger = new Ledger();
  const optimizer: PlannedOptimizer = (calibrated) => dpSGD({...OPTIONS, ...calibrated});
  const first = compiled(optimizer, {targetEpsilon: 1, ledger});
  await first.fit(x, y, {batchSize: B});
  const second = compiled(optimizer, {targetEpsilon: 2, ledger});
  await second.fit(x, y, {batchSize: B});
  const {epsilon, releases} = second.privacySpent();
  expect(releases).toBe(14);
  expect(epsilon).toBeLessThanOrEqual(2);
  expect(epsilon).toBeGreaterThan(1.99);
  const third = compiled(optimizer, {targetEpsilon: 1.5, ledger});
  await expect(third.fit(x, y, {batchSize: B})).rejects.toThrow('7 more steps in a ledger of 14 releases');
});
