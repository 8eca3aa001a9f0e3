import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import {secureSource, type RandomSource} from '@dp/random';

import {adaptive} from '../clip/mode.js';
import {openLedgerFile} from '../node/ledger_file.js';
import {dpFTRL} from '../optimizers/dp_ftrl.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import type {PrivateOptimizer} from '../optimizers/private_optimizer.js';
import {ROW} from '../testing/ledger_row.js';
import {shuffleSampler} from './epoch_samplers.js';
import {Ledger, type LedgerStore, type NewRow} from './ledger.js';

const row = (batchId: string): NewRow => ({...ROW, batchId, sampling: {kind: 'unknown'}});

/** A store that says what happens, in order; rows are durable once it is settled. */
function storeTelling(told: string[]): LedgerStore {
  return {
    id: 'told',
    rows: [],
    append: ({release}) => told.push(`append ${release}`),
    begin: ({release}) => told.push(`begin ${release}`),
    settle: () => told.push('settle'),
    settled: () => {
      told.push('settling');
      return Promise.resolve();
    },
  };
}

describe('rows that are announced', () => {
  let told: string[];
  let ledger: Ledger;
  let variable: tf.Variable;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    variable = tf.variable(tf.zeros([2]));
  });
  beforeEach(() => {
    told = [];
    ledger = new Ledger(storeTelling(told));
  });

  test('are in the ledger at once, and taken by the releases that they are about when they are durable', async () => {
    const durable = ledger.announce([row('a'), row('b')]);
    expect(ledger.rows.map(({batchId}) => batchId)).toEqual(['a', 'b']);
    await durable;
    const [first, second] = ledger.rows;
    expect(ledger.append(row('a'))).toBe(first);
    expect(ledger.append(row('b'))).toBe(second);
    expect(ledger.append(row('c')).release).toBe(2);
    expect(told).toEqual(['begin 0', 'begin 1', 'settling', 'settle', 'settle', 'append 2']);
  });

  test('stay, and count, where something else is released', async () => {
    await ledger.announce([row('a'), row('b')]);
    ledger.append({...row('a'), noiseMultiplier: 1});
    ledger.append(row('b'));
    expect(ledger.rows.map(({release, batchId}) => `${release} ${batchId}`)).toEqual([
      '0 a',
      '1 b',
      '2 a',
      '3 b',
    ]);
  });

  test('are refused like others, and only the first step writes none ahead', async () => {
    await expect(ledger.announce([{...row('a'), divisor: -1}])).rejects.toMatchObject({
      code: 'LEDGER_CORRUPT',
    });
    expect(ledger.rows).toHaveLength(0);
    expect(new Ledger().takesAhead).toBe(false);
  });

  const options = {learningRate: 1, l2NormClip: 1, noiseMultiplier: 1, numMicrobatches: 2};
  const randomSource: RandomSource = {
    ...secureSource(),
    fill(words) {
      if (told.at(-1) !== 'noise') told.push('noise');
      secureSource().fill(words);
    },
  };
  test.each<[string, () => PrivateOptimizer, number]>([
    ['dpSGD', () => dpSGD({...options, ledger, randomSource}), 1],
    [
      'adaptive clipping',
      () =>
        dpSGD({...options, ledger, randomSource, clipping: adaptive({targetQuantile: 0.5, countNoise: 2})}),
      2,
    ],
  ])('are those of the step: %s', async (_, make, rows) => {
    const optimizer = make();
    const sampler = shuffleSampler({numExamples: 8, batchSize: 2});
    const x = tf.ones([2, 2]);
    const lossFn = (): tf.Tensor => tf.sum(tf.mul(x, variable), 1);
    for (let step = 0; step < 4; step++) {
      told.length = 0;
      const drawn = sampler.next();
      const durable = optimizer.announce(drawn, [variable]);
      const before = ledger.rows.length;
      expect(durable === undefined).toBe(step === 0);
      // Awaited or not: nothing is drawn before all of it is durable.
      if (step === 2) await durable;
      optimizer.minimizePieces(drawn, [{lossFn, batch: [x]}], {varList: [variable]}).dispose();
      expect(ledger.rows.length).toBe(step === 0 ? rows : before);
      const durableAt = told.lastIndexOf(step === 0 ? `append ${rows - 1}` : 'settle');
      expect(told.indexOf('noise')).toBe(durableAt + 1);
      expect(told.lastIndexOf('noise')).toBe(told.length - 1);
    }
    const {length} = ledger.rows;
    // A step that fails keeps its row, and the next has one of its own.
    const drawn = sampler.next();
    await optimizer.announce(drawn, [variable]);
    const broken = (): tf.Tensor => {
      throw new Error('broken');
    };
    const step = (lossOf: () => tf.Tensor, batch = drawn): void =>
      optimizer.minimizePieces(batch, [{lossFn: lossOf, batch: [x]}], {varList: [variable]}).dispose();
    expect(() => step(broken)).toThrow('broken');
    expect(ledger.rows).toHaveLength(length + rows);
    step(lossFn, sampler.next());
    expect(ledger.rows).toHaveLength(length + 2 * rows);
    x.dispose();
  });

  test('are none of a tree, which a leaf that is not released would end', () => {
    const optimizer = dpFTRL({...options, ledger, stepsPerTree: 2});
    const sampler = shuffleSampler({numExamples: 8, batchSize: 2});
    const x = tf.ones([2, 2]);
    const lossFn = (): tf.Tensor => tf.sum(tf.mul(x, variable), 1);
    for (let step = 0; step < 2; step++) {
      const drawn = sampler.next();
      expect(optimizer.announce(drawn, [variable])).toBeUndefined();
      optimizer.minimizePieces(drawn, [{lossFn, batch: [x]}], {varList: [variable]}).dispose();
    }
    expect(told).toEqual(['append 0', 'append 1']);
    x.dispose();
  });

  test('are in the file, whole and linked, before they are durable', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'announced-'));
    try {
      const path = join(folder, 'ledger.jsonl');
      const file = openLedgerFile(path);
      const inFile = new Ledger(file);
      inFile.append(row('a'));
      const durable = inFile.announce([row('b'), row('c')]);
      expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(4);
      // The first without waiting, the second after it.
      inFile.append(row('b'));
      await durable;
      inFile.append(row('c'));
      await inFile.announce([row('d')]);
      const {position} = inFile;
      const unused = inFile.announce([row('e')]);
      file.close();
      await unused;
      expect(() => inFile.append(row('e'))).toThrow('it is closed');
      const again = openLedgerFile(path);
      const read = new Ledger(again);
      expect(read.rows.map(({batchId}) => batchId)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(() => read.checkHolds(position)).not.toThrow();
      again.close();
    } finally {
      rmSync(folder, {recursive: true});
    }
  });
});
