import {PassThrough} from 'node:stream';
import {beforeAll, expect, test} from '@jest/globals';
import {dpSGD} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers} from '@tensorflow/tfjs-layers';

import type {DpFitArgs} from '../args/fit_args.js';
import {dpSequential} from '../model/factories.js';
import {progressBar} from './progress_bar.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** What `fit` writes to a stream that stands for standard error. */
async function shown(isTTY: boolean, args: DpFitArgs = {}, fails = false): Promise<string> {
  let text = '';
  const stream = new PassThrough();
  stream.on('data', (data: Buffer) => (text += data.toString()));
  const terminal = Object.assign(stream, {isTTY, columns: 120}) as unknown as NodeJS.WriteStream;
  const stderr = Object.getOwnPropertyDescriptor(process, 'stderr')!;
  Object.defineProperty(process, 'stderr', {...stderr, get: () => terminal});
  try {
    const model = dpSequential({layers: [layers.dense({inputShape: [1], units: 1})]});
    const sizes = {numMicrobatches: 2, expectedBatchSize: 2};
    model.compile({
      optimizer: dpSGD({learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 1, ...sizes}),
      loss: 'meanSquaredError',
      privacy: {numExamples: 8, delta: 1e-5},
    });
    const onBatchEnd = (batch: number): void => {
      if (fails && batch === 1) throw new Error('mine');
    };
    const {callbacks = []} = args;
    const all = [callbacks, {onBatchEnd}].flat() as NonNullable<DpFitArgs['callbacks']>;
    await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), {epochs: 2, ...args, callbacks: all});
  } catch (error) {
    if (!fails) throw error;
  } finally {
    Object.defineProperty(process, 'stderr', stderr);
  }
  return text;
}

const CLEARED = '\x1b[2K\r\x1b[J';

test('fit shows a line for each epoch by itself, and the epsilon stays', async () => {
  const text = await shown(true);
  expect(text).toContain('epoch 1/2 ░');
  expect(text).toContain('step 0/4');
  const lines = text.split('\n').map((line) => line.split(CLEARED).at(-1));
  expect(lines).toEqual([
    expect.stringMatching(/^epoch 1\/2: epsilon \d+\.\d+$/),
    expect.stringMatching(/^epoch 2\/2: epsilon \d+\.\d+$/),
    '',
  ]);
});

test('a bar of your own is the only one', async () => {
  const own = Object.assign(new PassThrough(), {isTTY: false}) as unknown as NodeJS.WriteStream;
  expect(await shown(true, {callbacks: progressBar({stream: own})})).toBe('');
});

test('verbose: 0 is silent, and so is what is no terminal', async () => {
  expect(await shown(true, {verbose: 0})).toBe('');
  expect(await shown(false)).toBe('');
});

test('the line goes also when fit fails', async () => {
  expect((await shown(true, {}, true)).endsWith(CLEARED)).toBe(true);
});

test('what is local is marked so', async () => {
  let text = '';
  const stream = new PassThrough();
  stream.on('data', (data: Buffer) => (text += data.toString()));
  const bar = progressBar({
    stream: Object.assign(stream, {isTTY: true, columns: 120}) as unknown as NodeJS.WriteStream,
  });
  bar.setParams({epochs: 2, steps: 3, batchSize: 8});
  await bar.onEpochBegin(0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await bar.onBatchEnd(1, {loss: 0.25, epsilon: 1.5, batch: 1, size: 2});
  bar.dispose();
  expect(text).toMatch(/step 2\/3 \| local, not private: loss 0\.250, \d:\d\d left, [\d,]+ examples\/s/);
});
