import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {PldAccountant, gaussian, poissonSampled} from '@dp/accountant';

import {Ledger} from '../account/ledger.js';
import {poissonSampler} from '../account/poisson_samplers.js';
import type {DrawnBatch} from '../account/sampling.js';
import {privacySpent} from '../account/spent.js';
import {dpAdam} from '../optimizers/dp_adam.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import {crossEntropy, mlp, variablesOf, weightValues} from '../testing/models.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';
import {gradientTape} from './gradient_tape.js';

const B = 6;
const EXACT = {learningRate: 0.1, l2NormClip: 100, noiseMultiplier: 0, numMicrobatches: B};
const Q = 0.1;

function drawn(id: string, size = B): DrawnBatch {
  const sampling = {kind: 'poisson', numExamples: 60, samplingProbability: Q} as const;
  return {id, indices: new Int32Array(size), sampling};
}

describe('gradientTape', () => {
  let x: tf.Tensor;
  let y: tf.Tensor;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    x = normalTensor([B, 5], 1);
    y = oneHotLabels(B, 3, 2);
  });

  test("gives each example's loss, and a step that equals minimize", () => {
    const [one, two] = [mlp(), mlp()];
    const optimizer = dpSGD(EXACT);
    const before = tf.memory().numTensors;
    const tape = gradientTape(() => crossEntropy(y, one.apply(x) as tf.Tensor), variablesOf(one), {
      batch: [x, y],
    });
    const expected = tf.tidy(() => crossEntropy(y, two.apply(x) as tf.Tensor).dataSync<'float32'>());
    tape.losses.dataSync<'float32'>().forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 6));
    expect(optimizer.ledger.rows).toHaveLength(0);
    const gradients = tape.gradients(optimizer);
    expect(optimizer.ledger.rows).toHaveLength(1);
    optimizer.applyGradients(gradients);
    tf.dispose(gradients);
    tape.dispose();
    expect(tf.memory().numTensors).toBe(before);
    dpSGD(EXACT).minimize(() => crossEntropy(y, two.apply(x) as tf.Tensor), false, variablesOf(two));
    expect(weightValues(one)).toEqual(weightValues(two));
  });

  test('two optimizers of one model, in one ledger: their releases of a batch are one event', () => {
    const model = mlp();
    const [body, head] = [variablesOf(model).slice(0, 2), variablesOf(model).slice(2)];
    const ledger = new Ledger();
    const bodyOptimizer = dpSGD({...EXACT, noiseMultiplier: 2, expectedBatchSize: B, ledger});
    const headOptimizer = dpAdam({...EXACT, noiseMultiplier: 1.5, expectedBatchSize: B, ledger});
    const steps = 20;
    for (let step = 0; step < steps; step++) {
      const tape = gradientTape(() => crossEntropy(y, model.apply(x) as tf.Tensor), variablesOf(model), {
        drawn: drawn(`batch ${step}`),
        batch: [x, y],
      });
      const forBody = tape.gradients(bodyOptimizer, body);
      const forHead = tape.gradients(headOptimizer, head);
      expect([Object.keys(forBody), Object.keys(forHead)].flat()).toEqual(
        variablesOf(model).map(({name}) => name),
      );
      bodyOptimizer.applyGradients(forBody);
      headOptimizer.applyGradients(forHead);
      tf.dispose([forBody, forHead]);
      tape.dispose();
    }
    expect(ledger.rows).toHaveLength(2 * steps);
    expect(new Set(ledger.rows.map(({optimizer}) => optimizer.id)).size).toBe(2);
    const epsilonOf = (...multipliers: number[]): number => {
      const accountant = new PldAccountant({neighboring: 'addOrRemoveOne'});
      for (const noiseMultiplier of multipliers) {
        const event = poissonSampled({samplingProbability: Q, event: gaussian({noiseMultiplier})});
        accountant.compose(event, steps);
      }
      return accountant.epsilon(1e-5).upper;
    };
    const {epsilon} = privacySpent(ledger, {delta: 1e-5});
    expect(epsilon).toBeCloseTo(epsilonOf(1 / Math.hypot(1 / 2, 1 / 1.5)), 3);
    // Counted as sampled twice it would come out too small.
    expect(epsilon).toBeGreaterThan(epsilonOf(2, 1.5) * 1.05);
  });

  test('takes all gradients before any is applied', () => {
    const model = mlp();
    const [body, head] = [variablesOf(model).slice(0, 2), variablesOf(model).slice(2)];
    const [one, two] = [dpSGD(EXACT), dpSGD(EXACT)];
    const tape = gradientTape(() => crossEntropy(y, model.apply(x) as tf.Tensor), variablesOf(model));
    one.applyGradients(tape.gradients(one, body));
    expect(() => tape.gradients(two, head)).toThrow('was assigned after the tape was recorded');
    expect(two.ledger.rows).toHaveLength(0);
    const stranger = tf.variable(tf.scalar(1));
    expect(() => tape.gradients(two, [stranger])).toThrow('is not among those of the tape');
    tape.dispose();
  });

  test('releases of one tape are of one batch also where sampling is unknown, those of two are not', () => {
    const model = mlp();
    const variables = variablesOf(model);
    const ledger = new Ledger();
    const optimizers = [dpSGD({...EXACT, ledger}), dpSGD({...EXACT, ledger})];
    for (let step = 0; step < 2; step++) {
      const tape = gradientTape(() => crossEntropy(y, model.apply(x) as tf.Tensor), variables);
      for (const optimizer of optimizers) tf.dispose(tape.gradients(optimizer));
      tape.dispose();
    }
    const [a, b, c, d] = ledger.rows.map(({batchId}) => batchId);
    expect(a).toBe(b);
    expect(c).toBe(d);
    expect(a).not.toBe(c);
  });

  test('an empty batch is noise alone, and calls nothing', () => {
    const model = mlp();
    const optimizer = dpSGD({...EXACT, noiseMultiplier: 1, expectedBatchSize: B});
    const fail = (): tf.Tensor => {
      throw new Error('must not be called');
    };
    const tape = gradientTape(fail, variablesOf(model), {drawn: drawn('empty', 0)});
    expect(tape.losses.shape).toEqual([0]);
    const gradients = tape.gradients(optimizer);
    for (const gradient of Object.values(gradients)) expect([...gradient.dataSync()]).not.toContain(0);
    expect(optimizer.ledger.rows).toHaveLength(1);
  });

  test('refuses what minimize refuses, before any release', () => {
    const model = mlp();
    const optimizer = dpSGD({...EXACT, numMicrobatches: 2});
    const tape = gradientTape(() => crossEntropy(y, model.apply(x) as tf.Tensor), variablesOf(model));
    expect(() => tape.gradients(optimizer)).toThrow('Set expectedBatchSize');
    tape.dispose();
    expect(() =>
      gradientTape(() => tf.softmax(tf.sum(model.apply(x) as tf.Tensor, 1)), variablesOf(model)),
    ).toThrow(expect.objectContaining({code: 'MIXES_EXAMPLES'}));
    expect(optimizer.ledger.rows).toHaveLength(0);
  });

  test('the loop of the documentation learns on Poisson batches', () => {
    const sampler = poissonSampler({numExamples: B, batchSize: 3});
    const model = mlp();
    const optimizer = dpAdam({...EXACT, learningRate: 0.02, numMicrobatches: 3, expectedBatchSize: 3});
    const meanLoss = (): number =>
      tf.tidy(() => tf.mean(crossEntropy(y, model.apply(x) as tf.Tensor)).dataSync()[0]!);
    const start = meanLoss();
    for (let step = 0; step < 30; step++) {
      const batch = sampler.next();
      const rows = tf.tensor1d([...batch.indices], 'int32');
      const [xs, ys] = [tf.gather(x, rows), tf.gather(y, rows)];
      const tape = gradientTape(() => crossEntropy(ys, model.apply(xs) as tf.Tensor), variablesOf(model), {
        drawn: batch,
        batch: [xs, ys],
      });
      const gradients = tape.gradients(optimizer);
      optimizer.applyGradients(gradients);
      tf.dispose([gradients, xs, ys, rows]);
      tape.dispose();
    }
    expect(meanLoss()).toBeLessThan(0.8 * start);
  });
});
