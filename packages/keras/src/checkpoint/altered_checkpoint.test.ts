import {createHash} from 'node:crypto';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {DpError, dpAdam, Ledger} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers} from '@tensorflow/tfjs-layers';
import fc from 'fast-check';

import {alteredBytes} from '../../../../tools/testing/altered_bytes.js';
import type {DpModel} from '../model/dp_model.js';
import {dpSequential} from '../model/factories.js';
import {fromBytes, toBytes} from './bytes.js';

const N = 8;

function modelOf(ledger: Ledger): DpModel {
  const model = dpSequential({layers: [layers.dense({inputShape: [2], units: 1, activation: 'sigmoid'})]});
  const noise = {l2NormClip: 1, noiseMultiplier: 1, numMicrobatches: 2, expectedBatchSize: 2};
  model.compile({
    optimizer: dpAdam({learningRate: 0.1, ...noise, ledger}),
    loss: 'binaryCrossentropy',
    privacy: {numExamples: N, delta: 1e-5, sampling: 'shuffle'},
  });
  return model;
}

interface Run {
  readonly ledger: Ledger;
  readonly bytes: Buffer;
  readonly weights: readonly number[][];
}

const weightsOf = (model: DpModel): number[][] =>
  model.layersModel.getWeights().map((weight) => [...weight.dataSync()]);

/** Some steps, the last within an epoch. */
async function run(steps: number): Promise<Run> {
  const ledger = new Ledger();
  const model = modelOf(ledger);
  const [x, y] = [tf.ones([N, 2]), tf.ones([N, 1])];
  const onBatchEnd = (): void => {
    if (ledger.rows.length === steps) model.layersModel.stopTraining = true;
  };
  await model.fit(x, y, {epochs: 3, callbacks: {onBatchEnd}});
  tf.dispose([x, y]);
  return {ledger, bytes: Buffer.from(await model.checkpoint()), weights: weightsOf(model)};
}

describe('a checkpoint that was altered', () => {
  let mine: Run;
  let other: Run;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    [mine, other] = [await run(6), await run(3)];
  });
  afterAll(() => tf.disposeVariables());

  /** Restores bytes into a fresh model in this run's ledger. Undefined: the error was as it must be, and nothing changed. */
  async function restored(bytes: Uint8Array, ledger = mine.ledger): Promise<number[][] | undefined> {
    const model = modelOf(ledger);
    const before = weightsOf(model);
    try {
      await model.restore(bytes);
      return weightsOf(model);
    } catch (error) {
      expect(error).toBeInstanceOf(DpError);
      expect(['CHECKPOINT', 'LEDGER_MISSING', 'LEDGER_CORRUPT', 'INVALID_OPTION']).toContain(
        (error as DpError).code,
      );
      expect(weightsOf(model)).toEqual(before);
      return undefined;
    } finally {
      model.layersModel.dispose();
    }
  }

  test('is refused, or was not altered at all', async () => {
    expect(await restored(mine.bytes)).toEqual(mine.weights);
    await fc.assert(
      fc.asyncProperty(alteredBytes(mine.bytes, other.bytes), async (bytes) => {
        const weights = await restored(bytes);
        if (weights !== undefined) expect(bytes.equals(mine.bytes)).toBe(true);
      }),
      {numRuns: 200},
    );
    await expect(modelOf(other.ledger).restore(mine.bytes)).rejects.toMatchObject({code: 'LEDGER_MISSING'});
    const later = Buffer.from(
      mine.bytes.toString('latin1').replace('checkpoint-1', 'checkpoint-2'),
      'latin1',
    );
    await expect(modelOf(mine.ledger).restore(later)).rejects.toThrow('or of a later version');
  });

  test('and has a right sum is refused by the field, or holds what this library could have written', async () => {
    const {header, weights} = fromBytes(mine.bytes);
    const whole = JSON.stringify(header);
    const paths = pathsOf(header);
    const value = fc.oneof(
      fc.constantFrom(
        -1,
        0.5,
        1e308,
        2 ** 53,
        1e9,
        '',
        null,
        [],
        {},
        true,
        undefined,
        '__proto__',
        'float32',
      ),
      fc.jsonValue({maxDepth: 2}),
    );
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), value, async (path, replaced) => {
        const forged = toBytes({header: withValue(JSON.parse(whole), path, replaced), weights});
        const found = await restored(forged);
        if (found === undefined) refused++;
        else expect(found).toEqual(mine.weights);
      }),
      {numRuns: 300},
    );
    expect(refused).toBeGreaterThan(200);
    const twice = whole.replace('{', '{"plannedEpochs":1,');
    const deep = whole.replace('{', `{"surplus":${'['.repeat(1e5)}${']'.repeat(1e5)},`);
    const inside = whole.replace(/"sampling":"shuffle"/, `"sampling":${'['.repeat(1e5)}${']'.repeat(1e5)}`);
    for (const text of [twice, deep, inside, whole.replace('{', '{ ')]) {
      expect(text).not.toBe(whole);
      expect(await restored(withHeader(text, weights))).toBeUndefined();
    }
    for (const json of ['{"__proto__": {"polluted": 1}}', '[]', 'null', '"x"', '1e999'])
      expect(await restored(toBytes({header: JSON.parse(json), weights}))).toBeUndefined();
    expect({}).not.toHaveProperty('polluted');
  });
});

/** With a right sum, and a header that `toBytes` would not write. */
function withHeader(text: string, weights: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(`${text}\n`), weights]);
  const sum = createHash('sha256').update(body).digest('hex');
  return Buffer.concat([Buffer.from(`dp-checkpoint-1\n${sum}\n`), body]);
}

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return [
    ...(path.length > 0 ? [[...path]] : []),
    ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name])),
    [...path, 'surplus'],
    [...path, '__proto__'],
  ];
}

function withValue(header: unknown, path: readonly string[], value: unknown): unknown {
  const name = path[path.length - 1] as string;
  const parent = path.slice(0, -1).reduce((at, step) => Reflect.get(at, step) as object, header as object);
  if (value === undefined) Reflect.deleteProperty(parent, name);
  else Object.defineProperty(parent, name, {value, enumerable: true, configurable: true});
  return header;
}
