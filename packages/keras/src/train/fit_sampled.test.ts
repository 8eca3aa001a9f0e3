import {beforeAll, describe, expect, test} from '@jest/globals';
import {dpSGD, poissonSampler, privacySpent, shuffleSampler, type Sampler} from '@dp/optimizers';
import {seededSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {initializers, layers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';

import type {RandomAccessDataset} from '../data/dataset.js';
import {fitSampled, type StepReport} from './fit_sampled.js';

const N = 64;

/** Points of a plane, labelled by the side of a line that they are on. */
const dataset: RandomAccessDataset<{x: tf.Tensor; y: tf.Tensor}> = {
  numExamples: N,
  get(indices) {
    const points = Array.from(indices, (i) => [Math.cos(i), Math.sin(3 * i)]);
    return {
      x: tf.tensor2d(points, [indices.length, 2]),
      y: tf.tensor2d(
        points.map(([a = 0, b = 0]) => [a + b > 0 ? 1 : 0]),
        [indices.length, 1],
      ),
    };
  },
};

function model(optimizer: tf.Optimizer): LayersModel {
  const kernelInitializer = initializers.glorotUniform({seed: 1});
  const made = sequential({
    layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid', kernelInitializer})],
  });
  made.compile({optimizer, loss: 'binaryCrossentropy'});
  return made;
}

const private_ = (noiseMultiplier = 1) =>
  dpSGD({
    learningRate: 1,
    l2NormClip: 1,
    noiseMultiplier,
    numMicrobatches: 4,
    expectedBatchSize: 4,
    randomSource: seededSource(3),
  });

describe('fitSampled', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const poisson = (batchSize = 4): Sampler =>
    poissonSampler({numExamples: N, batchSize, source: seededSource(2)});

  test('writes how each batch was drawn, so that the ledger knows the epsilon', async () => {
    const optimizer = private_();
    const reports: StepReport[] = [];
    const result = await fitSampled(model(optimizer), dataset, {
      sampler: poisson(),
      epochs: 3,
      onStep: (report) => reports.push(report),
    });
    expect(result).toEqual({steps: 48, epochs: 3, aborted: false});
    expect(optimizer.ledger.rows).toHaveLength(48);
    expect(privacySpent(optimizer.ledger, {delta: 1e-5})).toMatchObject({
      neighboring: 'addOrRemoveOne',
      releases: 48,
    });
    expect(reports.map((report) => report.step)).toEqual([...Array(48).keys()].map((i) => i + 1));
    expect(new Set(reports.map((report) => report.examples)).size).toBeGreaterThan(3);
  });

  test('counts an empty batch as a step of noise', async () => {
    const optimizer = private_();
    const reports: StepReport[] = [];
    await fitSampled(model(optimizer), dataset, {
      sampler: poisson(1),
      epochs: 1,
      onStep: (report) => reports.push(report),
    });
    const empty = reports.filter((report) => report.examples === 0);
    expect(empty.length).toBeGreaterThan(5);
    expect(empty.every((report) => Number.isNaN(report.loss))).toBe(true);
    expect(optimizer.ledger.rows).toHaveLength(reports.length);
  });

  test('learns, with privacy and without', async () => {
    for (const optimizer of [private_(0.5), tf.train.sgd(1)]) {
      const trained = model(optimizer);
      const sampler = shuffleSampler({numExamples: N, batchSize: 4, source: seededSource(4)});
      await fitSampled(trained, dataset, {sampler, epochs: 10});
      const {x, y} = dataset.get(Int32Array.from({length: N}, (_, i) => i));
      const right = tf.mean(
        tf.cast(tf.equal(tf.greater(trained.predict(x) as tf.Tensor, 0.5), tf.cast(y, 'bool')), 'float32'),
      );
      expect(right.dataSync()[0]).toBeGreaterThan(0.85);
    }
  });

  test('stops after the step under way when it is told to, and leaks nothing', async () => {
    const stop = new AbortController();
    const trained = model(private_());
    await fitSampled(trained, dataset, {sampler: poisson(), epochs: 1});
    const before = tf.memory().numTensors;
    const result = await fitSampled(trained, dataset, {
      sampler: poisson(),
      epochs: 5,
      signal: stop.signal,
      onStep: ({step}) => step === 20 && stop.abort(),
    });
    expect(result).toEqual({steps: 20, epochs: 1, aborted: true});
    expect(tf.memory().numTensors).toBe(before);
  });

  test('processes a batch in pieces with the same result, and one row and one noise a step', async () => {
    const run = async (maxPhysicalBatch?: number): Promise<{weights: number[]; rows: number}> => {
      const optimizer = private_();
      const trained = model(optimizer);
      const sampler = poissonSampler({numExamples: N, batchSize: 4, source: seededSource(2)});
      await fitSampled(trained, dataset, {
        sampler,
        epochs: 2,
        ...(maxPhysicalBatch !== undefined && {maxPhysicalBatch}),
      });
      return {
        weights: trained.getWeights().flatMap((weight) => [...weight.dataSync()]),
        rows: optimizer.ledger.rows.length,
      };
    };
    expect(await run(3)).toEqual(await run());
  });

  test('refuses a model that is not compiled, or has several inputs', async () => {
    const options = {sampler: poisson(), epochs: 1};
    const bare = sequential({layers: [layers.dense({inputShape: [2], units: 1})]});
    await expect(fitSampled(bare, dataset, options)).rejects.toThrow('must be compiled with a loss');
  });
});
