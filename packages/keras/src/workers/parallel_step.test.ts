import {afterEach, beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {initializers, layers, regularizers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';
import {adaptive, dpSGD, perLayer, type Clipping, type PrivateOptimizer} from '@dp/optimizers';
import {seededSource} from '@dp/random';

import {compiledOf, trainableVariables} from '../layers/compiled.js';
import {tensorDataset} from '../data/dataset.js';
import type {TrainStepOptions} from '../step/train_step.js';
import {openSteps, type Steps} from './open_steps.js';
import type {Workers} from './options.js';

// Threads run what was built: they can't read TypeScript.
const url = new URL('../../dist/workers/summing_worker.js', import.meta.url);
const N = 40;
const NAMED = {loss: 'categoricalCrossentropy', metrics: ['accuracy']};

function build(
  compile: Pick<Parameters<LayersModel['compile']>[0], 'loss' | 'metrics'> = NAMED,
): LayersModel {
  const model = sequential({
    layers: [
      layers.conv2d({
        inputShape: [8, 8, 1],
        filters: 3,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: initializers.glorotUniform({seed: 1}),
        kernelRegularizer: regularizers.l2({l2: 0.01}),
      }),
      layers.flatten(),
      layers.dense({
        units: 4,
        activation: 'softmax',
        kernelInitializer: initializers.glorotUniform({seed: 2}),
      }),
    ],
  });
  model.compile({optimizer: 'sgd', ...compile});
  return model;
}

function optimizerOf(clipping: Clipping = 'flat'): PrivateOptimizer {
  return dpSGD({
    learningRate: 0.1,
    l2NormClip: 0.5,
    noiseMultiplier: 1,
    numMicrobatches: 10,
    expectedBatchSize: 10,
    clipping,
    randomSource: seededSource(7),
  });
}

const batchOf = (step: number, size: number) =>
  ({
    id: `b${step}`,
    indices: Int32Array.from({length: size}, (_, i) => (3 * i + step) % N),
    sampling: {kind: 'poisson', numExamples: N, samplingProbability: 0.25},
  }) as const;

const weightsOf = (model: LayersModel) => model.getWeights().map((weight) => weight.dataSync());

describe('a step that is shared with other threads', () => {
  const opened: Steps[] = [];
  let dataset: TrainStepOptions['dataset'];

  async function open(
    model: LayersModel,
    workers: Workers,
    more: Partial<TrainStepOptions> = {},
  ): Promise<Steps> {
    const compiled = compiledOf(model);
    const options = {model, compiled, optimizer: optimizerOf(), dataset, maxPhysicalBatch: Infinity, ...more};
    const steps = await openSteps(options, workers, url);
    opened.push(steps);
    return steps;
  }

  beforeAll(async () => {
    await tf.setBackend('cpu');
    const words = new Uint32Array(N * 64);
    seededSource(3).fill(words);
    const x = tf.tensor4d(
      Float32Array.from(words, (word) => word / 2 ** 32),
      [N, 8, 8, 1],
    );
    const y = tf.tensor2d(
      Float32Array.from({length: N * 4}, (_, i) => Number(i % 4 === (i >> 2) % 3)),
      [N, 4],
    );
    const sampleWeight = tf.tensor1d(Float32Array.from({length: N}, (_, i) => 1 + (i % 3)));
    dataset = tensorDataset({x, y, sampleWeight});
  });
  afterEach(() => {
    for (const steps of opened.splice(0)) steps.dispose();
  });

  test.each([
    ['flat' as const, 3],
    [perLayer(), {count: 2, dedicated: true}],
    [adaptive({targetQuantile: 0.5, learningRate: 0.2, countNoise: 5}), {count: 3, dedicated: true}],
  ])(
    'moves the weights as one thread does, bit for bit, whatever the batch (%#)',
    async (clipping, workers) => {
      const [whole, parts] = [build(), build()];
      const weightsOfBatch: TrainStepOptions['weightsOf'] = ({sampleWeight}) => [
        sampleWeight && tf.clone(sampleWeight),
      ];
      const more = {weightsOf: weightsOfBatch, maxPhysicalBatch: 4};
      const one = await open(whole, 1, {optimizer: optimizerOf(clipping), ...more});
      const many = await open(parts, workers, {optimizer: optimizerOf(clipping), ...more});
      const before = tf.memory().numTensors;
      for (const [step, size] of [12, 0, 1, 2, 17].entries()) {
        const [alone, shared] = [await one.take(batchOf(step, size)), await many.take(batchOf(step, size))];
        expect(weightsOf(parts)).toEqual(weightsOf(whole));
        expect(shared.size).toBe(size);
        expect(Object.keys(shared.values)).toEqual(size === 0 ? [] : ['loss', 'acc']);
        for (const [name, value] of Object.entries(alone.values))
          expect(shared.values[name]).toBeCloseTo(value, 5);
      }
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test('fails by name if a thread throws, releases nothing, and stays failed', async () => {
    const model = build();
    const optimizer = optimizerOf();
    let calls = 0;
    const wrong: TrainStepOptions['dataset'] = {
      get: (indices) => {
        const {x, y} = dataset.get(indices);
        return {x, y: ++calls === 1 ? (x as tf.Tensor[]).map((tensor) => tf.clone(tensor)) : y};
      },
    };
    const steps = await open(model, 2, {optimizer, dataset: wrong});
    const before = weightsOf(model).map((values) => values.slice());
    await expect(steps.take(batchOf(0, 8))).rejects.toThrow(/^worker 1 of 1 failed: .*Nothing was released/s);
    await expect(steps.take(batchOf(1, 8))).rejects.toMatchObject({code: 'WORKER_FAILED'});
    expect(optimizer.ledger.rows).toHaveLength(0);
    expect(weightsOf(model)).toEqual(before);
  });

  test('fails by name if a thread dies in the middle of a step, and the ledger keeps its rows', async () => {
    const dying = `import {parentPort} from 'node:worker_threads';
      let sums = 0;
      parentPort.on('message', ({kind}) => kind === 'sum' && ++sums === 2 && process.exit(7));`;
    const optimizer = optimizerOf();
    const modules = [`data:text/javascript,${encodeURIComponent(dying)}`];
    const steps = await open(build(), {count: 2, modules}, {optimizer});
    await steps.take(batchOf(0, 6));
    await expect(steps.take(batchOf(1, 6))).rejects.toThrow(
      'worker 1 of 1 failed: it ended with exit code 7. Nothing was released by this step',
    );
    expect(optimizer.ledger.rows).toHaveLength(1);
  });

  test('a loss that is a function is imported by each thread', async () => {
    const module = `data:text/javascript,${encodeURIComponent(
      `import * as tf from '${import.meta.resolve('@tensorflow/tfjs-core')}';
       export const squared = (y, p) => tf.sum(tf.squaredDifference(y, p), -1);`,
    )}`;
    const squared = (y: tf.Tensor, p: tf.Tensor): tf.Tensor => tf.sum(tf.squaredDifference(y, p), -1);
    const [whole, parts] = [build({loss: squared}), build({loss: squared})];
    await expect(open(parts, 2)).rejects.toThrow("a loss that is a function can't be sent");
    await expect(open(parts, {count: 2, loss: {module, name: 'cubed'}})).rejects.toThrow(
      "exports no function 'cubed'; it exports squared",
    );
    const one = await open(whole, 1);
    const many = await open(parts, {count: 2, loss: {module, name: 'squared'}});
    await one.take(batchOf(0, 9));
    await many.take(batchOf(0, 9));
    expect(weightsOf(parts)).toEqual(weightsOf(whole));
  });

  test('what cannot be is refused before the first step', async () => {
    const model = build();
    await expect(open(model, 0)).rejects.toThrow("workers must be an integer >= 1 or 'auto', got 0");
    await expect(open(model, {count: 2, modules: ['./no-such-module.js']})).rejects.toThrow(
      /worker 1 of 1 failed: Cannot find module/,
    );
    const newWorker = () => new Worker('worker.js');
    await expect(open(model, {count: 2, newWorker})).rejects.toThrow('workers.newWorker is for browsers');
    const counted = build({...NAMED, metrics: [(y: tf.Tensor) => tf.mean<tf.Scalar>(y)]});
    await expect(open(counted, 2)).rejects.toThrow("a metric that is a function can't be sent");
    expect(trainableVariables(model)).toHaveLength(4);
  });

  test('ends its threads, whether it was done, one had failed, or a step was under way', async () => {
    const ports = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = ports();
    const steps = await open(build(), 2);
    await steps.take(batchOf(0, 6));
    const failing = await open(build(), {
      count: 2,
      modules: ['data:text/javascript,setTimeout(process.exit)'],
    });
    const underWay = await open(build(), {count: 1, dedicated: true});
    const taken = underWay.take(batchOf(0, 6));
    expect(ports()).toBeGreaterThan(before);
    for (const each of [steps, failing, underWay]) each.dispose();
    await expect(taken).rejects.toThrow('worker 1 of 1 failed: it was ended. Nothing was released');
    while (ports() > before) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
