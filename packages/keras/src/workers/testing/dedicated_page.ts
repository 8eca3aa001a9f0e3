// Runs in a browser's page, which trains a model in its own thread and with a dedicated one; and in that thread.
import {dpSGD, fixedSampler} from '@dp/optimizers';
import {seededSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import '@dp/kernels';
import {initializers, layers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';

import {fitSampled} from '../../train/fit_sampled.js';
import type {Workers} from '../options.js';

/** What a page found. */
export interface TrainedInBrowser {
  readonly isolated?: boolean;
  /** How often a timer of the page ran during each step. */
  readonly ticks?: {readonly alone: readonly number[]; readonly dedicated: readonly number[]};
  /** The weights after training. */
  readonly weights?: {
    readonly before: readonly number[];
    readonly alone: readonly number[];
    readonly dedicated: readonly number[];
  };
  /** Why a thread can't be started that nobody told how. */
  readonly refused?: string;
  readonly error?: string;
}

const [N, STEPS] = [24, 4];

function build(): LayersModel {
  const model = sequential({
    layers: [
      layers.conv2d({
        inputShape: [20, 20, 1],
        filters: 8,
        kernelSize: 5,
        activation: 'relu',
        kernelInitializer: initializers.glorotUniform({seed: 1}),
      }),
      layers.flatten(),
      layers.dense({units: 4, kernelInitializer: initializers.glorotUniform({seed: 2})}),
    ],
  });
  model.compile({
    optimizer: dpSGD({
      learningRate: 0.5,
      l2NormClip: 0.5,
      noiseMultiplier: 1,
      numMicrobatches: N,
      randomSource: seededSource(7),
    }),
    loss: 'meanSquaredError',
  });
  return model;
}

/** Trains, and counts how often a timer runs from the moment a step asks for its batch to its end. */
async function train(workers: Workers): Promise<{ticks: number[]; weights: number[]}> {
  const model = build();
  let [ticked, atBegin] = [0, 0];
  const ticks: number[] = [];
  const timer = setInterval(() => ticked++, 1);
  const [x, y] = [tf.randomUniform([N, 20, 20, 1], 0, 1, 'float32', 3), tf.zeros([N, 4])];
  await fitSampled(
    model,
    {
      numExamples: N,
      get() {
        atBegin = ticked;
        return {x: tf.clone(x), y: tf.clone(y)};
      },
    },
    {
      sampler: fixedSampler({numExamples: N, batchSize: N}),
      epochs: STEPS,
      workers,
      onStep: () => ticks.push(ticked - atBegin),
    },
  );
  clearInterval(timer);
  return {ticks, weights: weightsOf(model)};
}

function weightsOf(model: LayersModel): number[] {
  return model.getWeights().flatMap((weight) => [...weight.dataSync()]);
}

async function compare(): Promise<TrainedInBrowser> {
  if (!(await tf.setBackend(location.search.slice(1)))) throw new Error('the backend could not be started');
  const alone = await train(1);
  const dedicated = await train({count: 1, dedicated: true, newWorker: () => new Worker('/page.js')});
  const refused = await train(2).then(
    () => 'nothing',
    (error: unknown) => String(error),
  );
  return {
    isolated: globalThis.crossOriginIsolated,
    ticks: {alone: alone.ticks, dedicated: dedicated.ticks},
    weights: {before: weightsOf(build()), alone: alone.weights, dedicated: dedicated.weights},
    refused,
  };
}

setWasmPaths('/');
if ('document' in globalThis) {
  void compare()
    .catch((error: unknown): TrainedInBrowser => ({error: String(error)}))
    .then((found) => fetch('/results', {method: 'POST', body: JSON.stringify(found)}));
} else void import('@dp/keras/worker');
