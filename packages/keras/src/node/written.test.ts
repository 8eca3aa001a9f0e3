import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {dpSGD} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers} from '@tensorflow/tfjs-layers';

import {dpSequential} from '../model/factories.js';
import {privacyReport} from '../model/report.js';
import {openRun} from './run_folder.js';
import {tensorBoard} from './tensorboard/callback.js';

const N = 24;

/** Everything that a run on these examples writes to files but for its checkpoint, which is as private as the weights. */
async function written(examples: number): Promise<{texts: string[]; curves: number[]; losses: number[]}> {
  const folder = mkdtempSync(join(tmpdir(), 'written-'));
  try {
    const run = openRun(join(folder, 'run'));
    const model = dpSequential({
      layers: [layers.dense({inputShape: [2], units: 1, kernelInitializer: 'zeros'})],
    });
    model.compile({
      optimizer: dpSGD({
        learningRate: 0.1,
        l2NormClip: 1,
        noiseMultiplier: 2,
        numMicrobatches: 4,
        expectedBatchSize: 4,
        ledger: run.ledger,
      }),
      loss: 'meanSquaredError',
      metrics: ['accuracy'],
      privacy: {numExamples: N, delta: 1e-5},
    });
    const x = tf.tensor2d(Array.from({length: N}, (_, i) => [Math.cos(i * examples), Math.sin(i)]));
    const y = tf.tensor2d(Array.from({length: N}, (_, i) => [examples * i]));
    const callbacks = [run.checkpoints(model), tensorBoard(join(folder, 'tb'))];
    const {history} = await model.fit(x, y, {epochs: 3, verbose: 0, callbacks});
    const {markdown, text} = privacyReport(model);
    run.close();
    const ledger = readFileSync(join(folder, 'run', 'ledger.jsonl'), 'utf8');
    const [file = ''] = readdirSync(join(folder, 'tb'));
    return {
      // What is drawn for names and links is no statistic.
      texts: [ledger, markdown, text].map((part) => part.replace(/[0-9a-f]{24,64}/g, 'drawn')),
      curves: floatsOf(readFileSync(join(folder, 'tb', file))),
      losses: history['loss'] as number[],
    };
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** The values of a file's curves: the last four bytes of each event of one, before its sum. */
function floatsOf(file: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0, length; at < file.length; at += length + 16) {
    length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    if (!data.includes('brain.Event')) found.push(data.readFloatLE(length - 4));
  }
  return found;
}

test('files tell of the declared constants alone: other people, other batches, and they are the same (privacy rule 19)', async () => {
  await tf.setBackend('cpu');
  const [one, other] = [await written(1), await written(7)];
  expect(one.losses).not.toEqual(other.losses);
  expect(one.texts).toEqual(other.texts);
  expect(one.texts[0]).toContain('drawn');
  // One curve, of epsilon.
  expect(one.curves).toHaveLength(3);
  expect(one.curves).toEqual(other.curves);
});
