import * as tf from '@tensorflow/tfjs-core';
import type {DrawnBatch} from '@dp/optimizers';

import {trainableVariables} from '../layers/compiled.js';
import {trainStep, type StepStatistics, type TrainStepOptions} from '../step/train_step.js';
import {Balance} from './balance.js';
import {checkedWorkers, type Workers} from './options.js';
import {parallelStep} from './parallel_step.js';
import {WorkerPool} from './pool.js';
import {recipeOf} from './recipe.js';

/** What takes the steps of one training run. Dispose it. */
export interface Steps {
  take(drawn: DrawnBatch): StepStatistics | Promise<StepStatistics>;
  dispose(): void;
}

/**
 * Steps in this thread alone, or shared with others.
 *
 * @param url - The module that the other threads run in Node. Default: this package's own.
 * @throws DpError UNSUPPORTED for a model that can't be rebuilt in a thread; WORKER_FAILED if one does not start.
 */
export async function openSteps(options: TrainStepOptions, workers: Workers = 1, url?: URL): Promise<Steps> {
  const checked = checkedWorkers(workers);
  const {count, dedicated = false, modules, newWorker} = checked;
  if (count === 1 && !dedicated)
    return {take: (drawn) => trainStep(options, drawn), dispose: () => undefined};
  const {model} = options;
  const from = newWorker ?? url;
  const pool = await WorkerPool.start({
    recipe: recipeOf(model, checked),
    variables: trainableVariables(model),
    count: dedicated ? count : count - 1,
    backend: tf.getBackend(),
    ...(modules && {modules}),
    ...(from && {from}),
  });
  const sharing = {pool, balance: new Balance(count), dedicated};
  return {take: (drawn) => parallelStep(options, sharing, drawn), dispose: () => pool.dispose()};
}
