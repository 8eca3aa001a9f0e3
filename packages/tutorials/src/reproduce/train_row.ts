import * as tf from '@tensorflow/tfjs-core';
import {fitSampled} from '@dp/keras';
import {
  dpSGD,
  ema,
  Ledger,
  poissonSampler,
  PrivateOptimizer,
  privacySpent,
  shuffleSampler,
  type PrivacySpent,
} from '@dp/optimizers';
import {cpus} from 'node:os';

import {accuracy} from '../accuracy.js';
import {digitBatches} from '../data/digit_batches.js';
import type {LabelledImages} from '../data/labelled_images.js';
import {crossEntropy, mnistNetwork} from '../network.js';
import {DELTA, type Row, type Settings} from './rows.js';

/** The model after an epoch. `accuracy` is that of the test pictures; the epsilons are those of everything so far. */
export interface EpochResult {
  readonly epoch: number;
  readonly accuracy: number;
  /** By privacy loss distributions. */
  readonly epsilon?: number;
  /** By the classic conversion, as the original's table has it. */
  readonly epsilonClassic?: number;
}

/** One finished run, as it is kept. */
export interface RunResult {
  readonly format: 1;
  readonly row: string;
  readonly settings: Settings;
  /** From 1. */
  readonly run: number;
  readonly numExamples: number;
  readonly sampling: 'poisson' | 'shuffle';
  readonly accuracy: number;
  readonly privacy?: PrivacySpent;
  readonly wallSeconds: number;
  /** Processor time of the process: comparable where others use the machine too. */
  readonly cpuSeconds: number;
  readonly finished: string;
  readonly machine: {readonly cpu: string; readonly cores: number; readonly node: string};
  readonly epochs: readonly EpochResult[];
}

/** What a run trains on. */
export interface RunData {
  /** Sensitive, in the part of private data. */
  readonly train: LabelledImages;
  /** Public, in the part of the world that the model is tried on. */
  readonly test: LabelledImages;
}

/**
 * Trains one row once, with noise and batches from the secure source: batches by Poisson sampling where it is private,
 * shuffled ones where not. A backend must be current.
 *
 * @param onStep - Called after each step.
 */
export async function trainRow(
  {name, settings}: Row,
  run: number,
  {train, test}: RunData,
  onStep: () => void = () => undefined,
): Promise<RunResult> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const {privacy, learningRate, batchSize, epochs, activation, emaDecay} = settings;
  const {numExamples} = train;
  const ledger = new Ledger();
  const spent = (): PrivacySpent | undefined =>
    privacy === undefined ? undefined : privacySpent(ledger, {delta: DELTA});
  const model = mnistNetwork(undefined, activation);
  const optimizer =
    privacy === undefined
      ? tf.train.sgd(learningRate)
      : dpSGD({
          ...privacy,
          learningRate,
          numMicrobatches: batchSize,
          expectedBatchSize: batchSize,
          ledger,
          ...(emaDecay !== undefined && {averaging: ema({decay: emaDecay})}),
        });
  model.compile({optimizer, loss: crossEntropy});
  const testAccuracy = (): number | Promise<number> =>
    optimizer instanceof PrivateOptimizer
      ? optimizer.withAveragedWeights(() => accuracy(model, test))
      : accuracy(model, test);
  const results: EpochResult[] = [];
  await fitSampled(model, digitBatches(train), {
    sampler: (privacy === undefined ? shuffleSampler : poissonSampler)({numExamples, batchSize}),
    epochs,
    onStep,
    async onEpochEnd(epoch) {
      const {epsilon, epsilonClassic} = spent() ?? {};
      results.push({
        epoch,
        accuracy: await testAccuracy(),
        ...(epsilon !== undefined && {epsilon}),
        ...(epsilonClassic !== undefined && {epsilonClassic}),
      });
    },
  });
  model.dispose();
  const {user, system} = process.cpuUsage(cpu);
  const all = spent();
  return {
    format: 1,
    row: name,
    settings,
    run,
    numExamples,
    sampling: privacy === undefined ? 'shuffle' : 'poisson',
    accuracy: results.at(-1)?.accuracy ?? 0,
    ...(all !== undefined && {privacy: all}),
    wallSeconds: Math.round((performance.now() - wall) / 1000),
    cpuSeconds: Math.round((user + system) / 1e6),
    finished: new Date().toISOString(),
    machine: {cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, node: process.version},
    epochs: results,
  };
}
