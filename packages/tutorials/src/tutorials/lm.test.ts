import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {capturedStreams} from '../testing/streams.js';
import {trainLm, type LmFlags} from './lm.js';

const folder = mkdtempSync(join(tmpdir(), 'dp-lm-'));
const dataDir = join(folder, 'letters.txt');
beforeAll(() => writeFileSync(dataDir, 'an apple and a pear. '.repeat(100)));
afterAll(() => rmSync(folder, {recursive: true}));

async function train(flags: Partial<LmFlags>): Promise<string> {
  const streams = capturedStreams();
  await trainLm(
    {
      dpsgd: true,
      learningRate: 0.02,
      noiseMultiplier: 1,
      targetEpsilon: undefined,
      l2NormClip: 0.1,
      batchSize: 8,
      epochs: 1,
      microbatches: 8,
      delta: 1e-3,
      modelDir: undefined,
      dataDir,
      backend: 'wasm',
      sampling: 'poisson',
      seed: undefined,
      plot: undefined,
      report: undefined,
      units: 8,
      averageDecay: 0.95,
      alphabet: undefined,
      ...flags,
    },
    streams,
  );
  return streams.out();
}

const rejection = (flags: Partial<LmFlags>): Promise<string> =>
  train(flags).then(
    () => 'none',
    (error: unknown) => String(error),
  );

test('prints accuracy and perplexity beside those of a bigram model, epsilon, a sample, and what the unit of privacy is', async () => {
  const out = await train({});
  expect(out).toMatch(/^DP-Adam: clip 0\.1, noise multiplier 1, 2 steps an epoch/m);
  // 90 % of 2,100 characters, in sequences of 80.
  expect(out).toMatch(/^Guarantee: .* when one sequence of 80 characters of the 23 is added or removed/m);
  expect(out).toMatch(
    /^ {2}accuracy 0\.\d{3}, perplexity [\d.]+; bigram: accuracy 0\.\d{3}, perplexity [\d.]+$/m,
  );
  expect(out).toMatch(/^For delta=0\.001, the current epsilon is: [\d.]+$/m);
  expect(out).toMatch(/^ {2}\| /m);
});

test('goes on where it stopped, with the moments of Adam', async () => {
  const modelDir = join(folder, 'run');
  await train({modelDir, averageDecay: 0, seed: 2});
  const out = await train({modelDir, averageDecay: 0, seed: 2, epochs: 2});
  expect(out).toContain('Going on after 2 steps, 1 whole epochs.');
  const {weightsManifest} = JSON.parse(
    readFileSync(join(modelDir, 'checkpoint-4/optimizer.json'), 'utf8'),
  ) as {weightsManifest: {weights: object[]}[]};
  // The number of steps, and two moments of each of five variables.
  expect(weightsManifest[0]?.weights).toHaveLength(11);
  await expect(train({modelDir, averageDecay: 0, seed: 2, units: 16})).rejects.toThrow(
    'holds a run with units 8, got 16',
  );
});

test('evaluates an average of the weights, and trains as without', async () => {
  const outs: string[] = [];
  const weights: Buffer[] = [];
  for (const averageDecay of [0, 0.95]) {
    const modelDir = join(folder, `average-${averageDecay}`);
    outs.push(await train({modelDir, averageDecay, seed: 2}));
    weights.push(readFileSync(join(modelDir, 'checkpoint-2/model.bin')));
  }
  expect(weights[0]).toEqual(weights[1]);
  const [plain, averaged] = outs.map((out) => /perplexity ([\d.]+); bigram/.exec(out)?.[1]);
  expect(averaged).not.toBe(plain);
});

test('with two threads the result is that of one', async () => {
  const flags = [
    '--seed=2',
    '--units=8',
    '--batch_size=8',
    '--epochs=1',
    '--learning_rate=0.02',
    '--noise_multiplier=1',
    '--delta=1e-3',
  ];
  // The command line as it is built: threads need a file that they can load.
  const command = fileURLToPath(new URL('../../bin/dp-tutorial.js', import.meta.url));
  const out = execFileSync(
    process.execPath,
    [command, 'lm', '--workers=2', `--data_dir=${dataDir}`, ...flags],
    {encoding: 'utf8'},
  );
  expect(out).toBe(await train({seed: 2}));
  expect(await rejection({dpsgd: false, workers: 2})).toContain('--workers=2 is for private training');
});

test('trains without privacy, and learns the text', async () => {
  const out = await train({dpsgd: false, epochs: 24, learningRate: 0.05, seed: 2});
  const accuracies = [...out.matchAll(/^Test accuracy after \d+ epochs is: (.*)$/gm)].map(([, value]) =>
    Number(value),
  );
  expect(accuracies.at(-1)).toBeGreaterThan(0.3);
  expect(out).not.toContain('epsilon');
});
