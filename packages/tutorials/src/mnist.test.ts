import {afterAll, describe, expect, test} from '@jest/globals';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {trainMnist} from './mnist.js';
import type {MnistFlags} from './mnist_flags.js';
import {capturedStreams} from './testing/streams.js';

const FLAGS: MnistFlags = {
  dpsgd: true,
  learningRate: 0.15,
  noiseMultiplier: 1.1,
  l2NormClip: 1,
  batchSize: 32,
  epochs: 2,
  microbatches: 32,
  delta: 1e-5,
  modelDir: undefined,
  dataDir: undefined,
  backend: 'wasm',
  sampling: 'poisson',
  seed: undefined,
};
/** A few generated digits, and no network. */
const DIGITS = {offline: true, cacheDir: '/nonexistent', digits: {numTrain: 320, numTest: 100}};

async function train(flags: Partial<MnistFlags>): Promise<string> {
  const {DP_DATA_DIR} = process.env;
  delete process.env['DP_DATA_DIR'];
  const streams = capturedStreams();
  try {
    await trainMnist({...FLAGS, ...flags}, streams, DIGITS);
  } finally {
    if (DP_DATA_DIR !== undefined) process.env['DP_DATA_DIR'] = DP_DATA_DIR;
  }
  return streams.out();
}

describe('the MNIST tutorial', () => {
  const folders: string[] = [];
  afterAll(() => folders.forEach((folder) => rmSync(folder, {recursive: true})));

  test("prints the original's lines after each epoch, and the tighter value beside them", async () => {
    const out = await train({});
    expect(out).toMatch(/^MNIST could not be downloaded.*drawn by code and are not MNIST/s);
    expect(out).toMatch(/^Test accuracy after 1 epochs is: 0\.\d{3}$/m);
    expect(out).toMatch(/^Test accuracy after 2 epochs is: 0\.\d{3}$/m);
    expect(out.match(/^For delta=1e-5, the current epsilon is: \d\.\d\d$/gm)).toHaveLength(2);
    expect(
      out.match(/^ {2}tighter, for the same run: \d\.\d\d \(by privacy loss distributions; /gm),
    ).toHaveLength(2);
    expect(out).not.toContain('not valid for this run');
  });

  test('labels the Poisson figure as not valid for shuffled batches, also with microbatches', async () => {
    const out = await train({sampling: 'shuffle', epochs: 1});
    expect(out).toMatch(/\d\.\d\d would hold if batches were Poisson-sampled; it is not valid for this run/);
    expect(await train({sampling: 'shuffle', epochs: 1, microbatches: 8})).toContain('in 8 microbatches');
  });

  test('trains without privacy when told to', async () => {
    const out = await train({dpsgd: false, epochs: 1});
    expect(out).toMatch(/^Trained with vanilla non-private SGD optimizer$/m);
    expect(out).not.toContain('epsilon');
  });

  test('a seeded run repeats, and says that it protects nobody', async () => {
    const [first, second] = [await train({seed: 5, epochs: 1}), await train({seed: 5, epochs: 1})];
    expect(second).toBe(first);
    expect(first).toContain('protects nobody');
  });

  test('leaves a model, a ledger with a row a step, and what was spent; and refuses the folder of another run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dp-run-'));
    folders.push(folder);
    await train({modelDir: folder, epochs: 1});
    const [, ...rows] = readFileSync(join(folder, 'ledger.jsonl'), 'utf8').trim().split('\n');
    expect(rows).toHaveLength(10);
    expect(JSON.parse(rows[9] ?? '')).toMatchObject({
      release: 9,
      sampling: {kind: 'poisson', numExamples: 320},
    });
    expect(JSON.parse(readFileSync(join(folder, 'privacy.json'), 'utf8'))).toMatchObject({releases: 10});
    expect(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'))).toHaveProperty('weightsManifest');
    expect(readFileSync(join(folder, 'weights.bin'))).toHaveLength(4 * 26_010);
    await expect(train({modelDir: folder})).rejects.toThrow('already holds the ledger of a run');
  });
});
