import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {useBackend} from '../backend.js';
import {main} from '../cli.js';
import {generateDigits} from '../data/digits.js';
import {capturedStreams} from '../testing/streams.js';
import {reproduce, type ReproduceFlags} from './reproduce.js';
import type {Row} from './rows.js';
import {trainRow} from './train_row.js';
import type {TrainRun} from './worker.js';

// Loading the chart library takes its time.
jest.setTimeout(60_000);

const DIGITS = generateDigits({numTrain: 320, numTest: 100});
const PLAIN: Row = {
  name: 'plain',
  settings: {learningRate: 0.1, batchSize: 32, epochs: 2},
  original: {accuracy: 0.5},
};
const PRIVATE: Row = {
  name: 'private',
  settings: {
    privacy: {l2NormClip: 1, noiseMultiplier: 1.1},
    learningRate: 0.15,
    batchSize: 32,
    epochs: 2,
  },
  original: {accuracy: 0.4, epsilon: 8},
};

describe('reproduce', () => {
  let resultsDir = '';
  const trained: string[] = [];
  const train: TrainRun = ({row, run}, onStep) => {
    trained.push(`${row.name}-${run}`);
    return trainRow(row, run, DIGITS, onStep);
  };
  const run = async (flags: Partial<ReproduceFlags>, how = train): Promise<string> => {
    const streams = capturedStreams();
    trained.length = 0;
    await reproduce(
      {
        rows: [PLAIN, PRIVATE],
        runs: 2,
        workers: 1,
        resultsDir,
        dataDir: undefined,
        backend: 'wasm',
        ...flags,
      },
      streams,
      how,
    );
    return streams.out();
  };

  beforeAll(async () => {
    resultsDir = mkdtempSync(join(tmpdir(), 'dp-results-'));
    await useBackend('wasm');
  });
  afterAll(() => rmSync(resultsDir, {recursive: true}));

  test('trains the first run of each row before the second, and keeps each in a file', async () => {
    const out = await run({});
    expect(trained).toEqual(['plain-1', 'private-1', 'plain-2', 'private-2']);
    expect(out).toMatch(/^0 of 4 runs are in .*, 4 to train\.$/m);
    expect(readdirSync(join(resultsDir, 'runs')).sort()).toEqual(
      trained.map((name) => `${name}.json`).sort(),
    );
    const kept: unknown = JSON.parse(readFileSync(join(resultsDir, 'runs/private-2.json'), 'utf8'));
    expect(kept).toMatchObject({
      row: 'private',
      run: 2,
      settings: PRIVATE.settings,
      sampling: 'poisson',
      privacy: {neighboring: 'addOrRemoveOne', secure: true, releases: 20},
      epochs: [{epoch: 1}, {epoch: 2}],
    });
  });

  test('writes mean and standard deviation against the original, with both epsilons, and a plot', () => {
    const runs = [1, 2].map(
      (n) =>
        JSON.parse(readFileSync(join(resultsDir, `runs/private-${n}.json`), 'utf8')) as {
          accuracy: number;
          privacy: {epsilon: number; epsilonClassic: number};
        },
    );
    const [a = NaN, b = NaN] = runs.map(({accuracy}) => 100 * accuracy);
    const {epsilon = NaN, epsilonClassic = NaN} = runs[0]?.privacy ?? {};
    expect(epsilon).toBeLessThan(epsilonClassic);
    const table = readFileSync(join(resultsDir, 'table.md'), 'utf8');
    expect(table.split(process.version)).toHaveLength(2);
    const line = table.split('\n')[3];
    expect(line).toContain(
      `| private | 0.15 | 1.1 | 1 | 32 | 2 | ${epsilonClassic.toFixed(2)} | ${epsilon.toFixed(2)} | 2 | ` +
        `${((a + b) / 2).toFixed(2)} % ± ${(Math.abs(a - b) / Math.SQRT2).toFixed(2)} % | 40.0 % at 8.00 |`,
    );
    const svg = readFileSync(join(resultsDir, 'accuracy.svg'), 'utf8');
    expect(svg).toMatch(/^<svg .*epsilon at delta 1e-5.*private: clip 1, lr 0\.15/s);
  });

  test('trains only what is missing', async () => {
    await run({runs: 3, workers: 2});
    expect(trained).toEqual(['plain-3', 'private-3']);
  });

  test('refuses to average runs of other settings', async () => {
    const other = {...PLAIN, settings: {...PLAIN.settings, learningRate: 0.2}};
    await expect(run({rows: [other], runs: 4})).rejects.toThrow(
      /plain-1\.json was trained with other settings than the row plain has now/,
    );
  });

  test('a run that fails ends the others and is not kept', async () => {
    const broken: TrainRun = (request, _, signal) =>
      request.row === PLAIN
        ? Promise.reject(new Error('broken'))
        : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
    await expect(run({runs: 9, workers: 2}, broken)).rejects.toThrow('broken');
    expect(readdirSync(join(resultsDir, 'runs')).some((name) => name.includes('part'))).toBe(false);
  });

  test('a file that is no run is named', async () => {
    const file = join(resultsDir, 'runs/private-1.json');
    writeFileSync(file, '{');
    await expect(run({runs: 3})).rejects.toThrow(`${file} is no JSON`);
  });

  test.each([
    [
      ['--rows=noise-1.1,none'],
      'It must name rows among no-privacy, noise-1.3, noise-1.1, noise-0.7, tanh-ema, tanh-lr-2, tanh-2048.',
    ],
    [['--runs=-1'], 'It must be >= 0.'],
  ])('%j gives one clear line and exit code 2', async (flags, message) => {
    const streams = capturedStreams();
    expect(await main(['reproduce', ...flags], streams)).toBe(2);
    expect(streams.err()).toContain(message);
  });
});
