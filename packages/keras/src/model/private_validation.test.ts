import {beforeAll, describe, expect, jest, test} from '@jest/globals';
import {dpSGD, Ledger, privacySpent} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {callbacks, layers} from '@tensorflow/tfjs-layers';

import type {DpFitArgs} from '../args/fit_args.js';
import {flagEarlyStopping} from '../callbacks/early_stopping.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import type {DpModel} from './dp_model.js';
import {dpSequential} from './factories.js';

const N = 40;
const DELTA = 1e-5;
const points = Array.from({length: N}, (_, i) => [Math.cos(i), Math.sin(3 * i)]);
const x = tf.tensor2d(points);
const y = tf.tensor2d(points.map(([a = 0, b = 0]) => [a + b > 0 ? 1 : 0]));
const validationData = [x, y] as const;

function calibrated(privacy: Partial<PrivacyConfig>): DpModel {
  const model = dpSequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]});
  model.compile({
    optimizer: (options) => dpSGD({learningRate: 1, l2NormClip: 1, ...options}),
    loss: 'binaryCrossentropy',
    privacy: {numExamples: N, delta: DELTA, targetEpsilon: 3, ...privacy},
  });
  return model;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('private validation', () => {
  test.each([
    ['of the same people, which adds to what training spends', undefined],
    ['of others, which does not', 'disjoint'],
  ] as const)('%s is part of the target', async (_, validation) => {
    const model = calibrated(validation === undefined ? {} : {validation});
    const args: DpFitArgs = {batchSize: 8, epochs: 3, validationData, privateValidation: {countNoise: 4}};
    const {history} = await model.fit(x, y, args);
    expect(history['val_private_acc']).toHaveLength(3);
    const {epsilon} = model.privacySpent();
    expect(epsilon).toBeLessThanOrEqual(3);
    expect(epsilon).toBeGreaterThan(2.99);
    const steps = model.ledger!.rows.filter(({what}) => what === 'gradientSum');
    const training = privacySpent({rows: steps}, {delta: DELTA}).epsilon;
    if (validation === undefined) expect(training).toBeLessThan(2.95);
    else expect(training).toBe(epsilon);
    await expect(model.fit(x, y, args)).rejects.toMatchObject({code: 'BUDGET_SPENT'});
  });

  test('that alone is over the target is refused before anything is released', async () => {
    const ledger = new Ledger();
    const model = calibrated({ledger});
    await expect(
      model.fit(x, y, {batchSize: 8, validationData, privateValidation: {countNoise: 0.1}}),
    ).rejects.toThrow('5 more steps and 1 counts of privateValidation');
    expect(ledger.rows).toHaveLength(0);
  });

  test('is what early stopping can look at without a warning, and all of it is in the ledger', async () => {
    const warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = calibrated({validation: 'disjoint', plannedEpochs: 20});
    const stopping = callbacks.earlyStopping({
      monitor: 'val_private_acc',
      mode: 'max',
      patience: 0,
      minDelta: 2,
    });
    const {epoch} = await model.fit(x, y, {
      batchSize: 8,
      epochs: 20,
      validationData,
      privateValidation: {countNoise: 8},
      callbacks: stopping,
    });
    // Nothing is better than the first by 2, so the second epoch is the last.
    expect(epoch).toEqual([0, 1]);
    expect(model.ledger!.rows.map(({what}) => what).filter((what) => what === 'accuracyCount')).toHaveLength(
      2,
    );
    const said = warnings.mock.calls.flat().join();
    expect(said).not.toContain('earlyStopping looks at');
    // What was planned, all of it, is what holds, and that is the target.
    const [, stated = ''] = /State the epsilon of all planned steps, ([\d.]+)/.exec(said) ?? [];
    expect(Number(stated)).toBeCloseTo(3, 2);
    expect(model.privacySpent().epsilon).toBeLessThan(2);
    warnings.mockRestore();
  });

  test.each([
    ["'loss' is flagged", 'loss', undefined, true],
    ["'val_loss' of people who need no protection is not", 'val_loss', 'public', false],
    ["'val_acc' of others is", 'val_acc', 'disjoint', true],
  ] as const)('early stopping by %s', (_, monitor, validation, isFlagged) => {
    const warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const privacy = {numExamples: N, delta: DELTA, ...(validation && {validation})};
    flagEarlyStopping([callbacks.earlyStopping({monitor})], privacy);
    expect(warnings.mock.calls.flat().join().includes(`looks at '${monitor}'`)).toBe(isFlagged);
    warnings.mockRestore();
  });
});
