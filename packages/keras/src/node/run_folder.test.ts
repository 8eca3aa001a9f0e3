import {mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {dpMomentum, type Ledger} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers} from '@tensorflow/tfjs-layers';

import type {DpModel} from '../model/dp_model.js';
import {dpSequential} from '../model/factories.js';
import {openRun} from './run_folder.js';

const N = 8;
let folder: string;
let x: tf.Tensor2D;
let y: tf.Tensor2D;
beforeEach(async () => {
  await tf.setBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'run-'));
  x = tf.tensor2d(Array.from({length: N}, (_, i) => [Math.cos(i), Math.sin(i)]));
  y = tf.tensor2d(Array.from({length: N}, (_, i) => [i % 2]));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
  tf.dispose([x, y]);
});

function modelOf(ledger: Ledger, {units = 1, batchSize = 2} = {}): DpModel {
  const model = dpSequential({
    layers: [
      layers.dense({inputShape: [2], units, activation: 'tanh'}),
      layers.dense({units: 1, activation: 'sigmoid'}),
    ],
  });
  model.compile({
    optimizer: dpMomentum({
      learningRate: 0.1,
      momentum: 0.9,
      l2NormClip: 1,
      noiseMultiplier: 1,
      numMicrobatches: batchSize,
      expectedBatchSize: batchSize,
      ledger,
    }),
    loss: 'binaryCrossentropy',
    privacy: {numExamples: N, delta: 1e-5, sampling: 'shuffle'},
  });
  return model;
}

/** Trains so many steps in the folder. */
async function train(steps: number): Promise<DpModel> {
  const run = openRun(folder);
  const model = modelOf(run.ledger);
  await run.resume(model);
  let done = 0;
  await model.fit(x, y, {
    epochs: 100,
    verbose: 0,
    callbacks: [
      run.checkpoints(model, {everySteps: 1}),
      {
        onBatchEnd() {
          if (++done === steps) model.layersModel.stopTraining = true;
        },
      },
    ],
  });
  run.close();
  return model;
}

describe("a run's folder", () => {
  test('gives back weights, slots, the place in the epoch and the ledger', async () => {
    const before = await train(6);
    const run = openRun(folder);
    const model = modelOf(run.ledger);
    expect(await run.resume(model)).toBe(true);
    const values = (of: DpModel): number[][] => of.layersModel.getWeights().map((w) => [...w.dataSync()]);
    expect(values(model)).toEqual(values(before));
    const slots = async (of: DpModel): Promise<number[][]> =>
      (await of.layersModel.optimizer.getWeights()).map(({tensor}) => [...tensor.dataSync()]);
    expect(await slots(model)).toEqual(await slots(before));
    const epochs: number[] = [];
    const batches: number[] = [];
    await model.fit(x, y, {
      epochs: 3,
      callbacks: {onEpochBegin: (e) => void epochs.push(e), onBatchBegin: (b) => void batches.push(b)},
    });
    expect(epochs).toEqual([1, 2]);
    expect(batches).toEqual([2, 3, 0, 1, 2, 3]);
    // Three epochs of shuffled batches, each begun once: the killed one was finished in its order.
    expect(run.ledger.rows.map(({sampling}) => (sampling as {epoch: number}).epoch)).toHaveLength(12);
    expect(model.privacySpent().epsilon).toBeCloseTo(before.privacySpent().epsilon * Math.sqrt(1.5), 0);
    run.close();
  });

  test('refuses a ledger that is missing, older, or of another run, and a checkpoint that was changed', async () => {
    await train(3);
    const ledger = join(folder, 'ledger.jsonl');
    const checkpoint = join(folder, 'checkpoint.bin');
    const [rows, state] = [readFileSync(ledger), readFileSync(checkpoint)];
    const resume = async (): Promise<void> => {
      const run = openRun(folder);
      try {
        await run.resume(modelOf(run.ledger));
      } finally {
        run.close();
      }
    };
    const lines = rows.toString().split('\n');
    writeFileSync(ledger, `${lines.slice(0, 3).join('\n')}\n`);
    await expect(resume()).rejects.toMatchObject({code: 'LEDGER_MISSING'});
    rmSync(ledger);
    expect(() => openRun(folder)).toThrow(expect.objectContaining({code: 'LEDGER_MISSING'}));
    rmSync(checkpoint);
    await train(4);
    writeFileSync(checkpoint, state);
    await expect(resume()).rejects.toMatchObject({code: 'LEDGER_MISSING'});
    writeFileSync(ledger, rows);
    await resume();
    for (const at of [0, 20, 100, state.length - 1]) {
      const changed = Buffer.from(state);
      changed[at]! ^= 1;
      writeFileSync(checkpoint, changed);
      await expect(resume()).rejects.toMatchObject({code: 'CHECKPOINT'});
    }
    writeFileSync(checkpoint, state.subarray(0, state.length - 1));
    await expect(resume()).rejects.toMatchObject({code: 'CHECKPOINT'});
  });

  test('refuses another model, another run, and to write over a checkpoint that was not resumed', async () => {
    await train(1);
    const run = openRun(folder);
    await expect(run.resume(modelOf(run.ledger, {units: 2}))).rejects.toThrow('is of another model');
    await expect(run.resume(modelOf(run.ledger, {batchSize: 4}))).rejects.toThrow('batchSize must be');
    const model = modelOf(run.ledger);
    expect(() => run.checkpoints(model)).toThrow('call resume(model) first');
    expect(() => openRun(folder)).toThrow(expect.objectContaining({code: 'LEDGER_LOCKED'}));
    await run.resume(model);
    await expect(model.fit(x, y, {initialEpoch: 1})).rejects.toThrow(
      'initialEpoch must be that of the checkpoint (0)',
    );
    run.close();
  });

  test('keeps the last checkpoint when the next cannot be written, and says what to do', async () => {
    await train(2);
    const path = join(folder, 'checkpoint.bin');
    const before = readFileSync(path);
    mkdirSync(`${path}.tmp`);
    await expect(train(1)).rejects.toMatchObject({
      code: 'CHECKPOINT',
      message: expect.stringContaining('the checkpoint before it, if there was one, is as it was'),
    });
    expect(readFileSync(path)).toEqual(before);
    rmdirSync(`${path}.tmp`);
    // The lock of the run that failed is this process's own.
    rmSync(join(folder, 'ledger.jsonl.lock'));
    const model = await train(1);
    expect(model.ledger?.rows).toHaveLength(4);
  });
});
