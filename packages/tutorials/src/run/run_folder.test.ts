import {createHash} from 'node:crypto';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {Ledger, type LedgerPosition} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';
import fc from 'fast-check';

import {alteredBytes} from '../../../../tools/testing/altered_bytes.js';
import {UsageError} from '../usage_error.js';
import {openRunFolder, type Checkpoint} from './run_folder.js';

const SETTINGS = {learning_rate: 0.1};

let top: string;
let folder: string;
let model: LayersModel;
const optimizer = tf.train.momentum(0.1, 0.9);
beforeEach(async () => {
  await tf.setBackend('cpu');
  top = mkdtempSync(join(tmpdir(), 'dp-run-'));
  folder = join(top, 'run');
  model = sequential({layers: [layers.dense({inputShape: [2], units: 3})]});
});
afterEach(() => {
  rmSync(top, {recursive: true});
  model.dispose();
});

/** Saves after so many steps. */
async function save(steps: number): Promise<LedgerPosition> {
  const run = openRunFolder(folder, SETTINGS);
  const {position} = new Ledger(run.store);
  await run.save({steps, epochs: [], position}, model, optimizer, undefined);
  run.close();
  return position;
}

/** What a run that goes on finds. */
function load(at = folder): Checkpoint | undefined {
  const run = openRunFolder(at, SETTINGS);
  try {
    return run.load();
  } finally {
    run.close();
  }
}

const values = (tensors: readonly tf.Tensor[] = []): number[][] => tensors.map((t) => [...t.dataSync()]);

describe('the folder of a run', () => {
  test('is refused after any file of its checkpoint was altered, or gives back what was saved', async () => {
    const position = await save(7);
    const expected = values(model.getWeights());
    const files = [
      'run.json',
      ...['model.bin', 'model.json', 'optimizer.bin', 'optimizer.json'].map(inCheckpoint),
    ];
    const original = new Map(files.map((file) => [file, readFileSync(join(folder, file))]));
    const other = readFileSync(join(folder, inCheckpoint('model.json')));
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(...files)
          .chain((file) =>
            alteredBytes(original.get(file) as Buffer, other).map((bytes) => [file, bytes] as const),
          ),
        async ([file, bytes]) => {
          writeFileSync(join(folder, file), bytes);
          try {
            const found = load();
            expect(values(found?.modelWeights)).toEqual(expected);
            expect(found).toMatchObject({steps: 7, epochs: [], position});
            tf.dispose([found?.modelWeights ?? [], found?.optimizerWeights.map(({tensor}) => tensor) ?? []]);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
            expect((error as Error).message).toMatch(/changed|no JSON object|has format|holds a run with/);
            expect((error as Error).message).toContain('--model_dir');
          } finally {
            writeFileSync(join(folder, file), original.get(file) as Buffer);
          }
        },
      ),
      {numRuns: 150},
    );
    rmSync(join(folder, inCheckpoint('model.bin')));
    expect(() => load()).toThrow('cannot be read. Put the original back');
    expect(readdirSync(folder)).not.toContain('ledger.jsonl.lock');
  });

  test('is refused after a field of run.json was forged under a right sum, and leaves no lock', async () => {
    await save(7);
    const file = join(folder, 'run.json');
    const whole = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const {format} = whole;
    const json = JSON.stringify({...whole, format: undefined, sha256: undefined});
    const forge = (run: Record<string, unknown>, version = format): void => {
      const {settings, checkpoint, state, sums} = run;
      const sum = createHash('sha256')
        .update(JSON.stringify({settings, checkpoint, state, sums}))
        .digest('hex');
      writeFileSync(file, JSON.stringify({format: version, sha256: sum, ...run}));
    };
    const hostile = [
      null,
      -1,
      0.5,
      '',
      '../other',
      'checkpoint-7/..',
      '/',
      [],
      [null],
      {},
      true,
      '__proto__',
    ];
    for (const path of [
      ['settings'],
      ['checkpoint'],
      ['state'],
      ['state', 'steps'],
      ['state', 'epochs'],
      ['state', 'position'],
      ['state', 'position', 'ledger'],
      ['state', 'position', 'releases'],
      ['state', 'position', 'link'],
      ['sums'],
      ['sums', 'model.bin'],
    ]) {
      for (const value of hostile) {
        const run = JSON.parse(json) as Record<string, unknown>;
        const parent = path.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, run);
        parent[path.at(-1) as string] = value;
        for (const version of [1, 2]) {
          forge(run, version);
          let found: Checkpoint | undefined;
          try {
            found = load();
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
            expect((error as Error).message).toContain('--model_dir');
            continue;
          }
          // Of its own type: a list of epochs, or a text of which the ledger knows better.
          expect(path[0]).toMatch(/state|sums/);
          expect(values(found?.modelWeights)).toEqual(values(model.getWeights()));
          tf.dispose([found?.modelWeights ?? [], found?.optimizerWeights.map(({tensor}) => tensor) ?? []]);
        }
      }
    }
    for (const text of [
      '[]',
      'null',
      '{"format":2}',
      '{"format":1}',
      `${'['.repeat(1e5)}${']'.repeat(1e5)}`,
    ]) {
      writeFileSync(file, text);
      expect(() => load()).toThrow('--model_dir');
    }
    expect(readdirSync(folder)).not.toContain('ledger.jsonl.lock');
  });

  test('is refused where a checkpoint of a right sum does not describe its weights', async () => {
    await save(7);
    const run = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as {
      state: object;
      settings: object;
    };
    const file = join(folder, inCheckpoint('model.json'));
    for (const text of [
      '{}',
      'null',
      '{"weightsManifest":{"length":1}}',
      '{"weightsManifest":[{"weights":[{"name":"a","shape":[1e9,1e9],"dtype":"float32"}]}]}',
      '{"weightsManifest":[{"weights":[{"name":"__proto__","shape":[-1],"dtype":"float32"}]}]}',
      '{"weightsManifest":[{"weights":[{"name":"a","shape":[1],"dtype":"constructor"}]}]}',
    ]) {
      writeFileSync(file, text);
      const {state, settings} = run;
      writeFileSync(
        join(folder, 'run.json'),
        JSON.stringify({format: 1, settings, checkpoint: 'checkpoint-7', state}),
      );
      expect(() => load()).toThrow(/does not describe its weights.*--model_dir/);
    }
    expect({}).not.toHaveProperty('shape');
  });

  test('keeps a checkpoint whole until the next one is, also of the same number of steps', async () => {
    await save(7);
    const first = values(model.getWeights());
    // As a process leaves it that is killed while it saves once more.
    cpSync(folder, join(top, 'killed'), {recursive: true});
    mkdirSync(join(top, 'killed', 'checkpoint-7-2'));
    writeFileSync(join(top, 'killed', 'checkpoint-7-2', 'model.bin'), 'half');
    expect(values(load(join(top, 'killed'))?.modelWeights)).toEqual(first);
    model.setWeights([tf.zeros([2, 3]), tf.zeros([3])]);
    await save(7);
    expect(readdirSync(folder).filter((name) => name.startsWith('checkpoint'))).toEqual(['checkpoint-7-2']);
    expect(values(load()?.modelWeights)).toEqual([Array(6).fill(0), Array(3).fill(0)]);
  });

  test('drops a row that a kill tore, and goes on', async () => {
    await save(1);
    const ledger = join(folder, 'ledger.jsonl');
    const whole = readFileSync(ledger);
    writeFileSync(ledger, Buffer.concat([whole, Buffer.from('{"version":1,"rel')]));
    expect(load()?.steps).toBe(1);
    expect(readFileSync(ledger)).toEqual(whole);
  });
});

function inCheckpoint(file: string): string {
  return join('checkpoint-7', file);
}
