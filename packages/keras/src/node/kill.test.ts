import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from '@jest/globals';
import {seededSource} from '@dp/random';

import {readCheckpoint} from '../checkpoint/checkpoint.js';
import {openRun} from './run_folder.js';

const KILLS = process.env['DP_LONG_TESTS'] === undefined ? 2 : 100;
/** More than are trained between all kills. */
const EPOCHS = 1_000_000;

const TRAIN = fileURLToPath(new URL('testing/train.ts', import.meta.url));
const LOADER = new URL('../../../../tools/typescript.mjs', import.meta.url).href;

/** Runs the child, and kills it so many milliseconds after it began to train. */
function train(folder: string, sampling: string, epochs: number, killAfter = Infinity): Promise<string> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', `--import=${LOADER}`, '--conditions=@dp/source', TRAIN, folder, `${epochs}`, sampling],
    {stdio: ['ignore', 'pipe', 'pipe']},
  );
  let output = '';
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  child.stdout.on('data', (data: Buffer) => {
    if (output === '' && killAfter < Infinity) setTimeout(() => child.kill('SIGKILL'), killAfter);
    output += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('exit', (code) =>
      code === 0 || code === null ? resolve(output) : reject(new Error(`code ${code}: ${errors}`)),
    );
  });
}

interface Step {
  readonly releases: number;
  readonly weights: readonly number[];
}

function stepsIn(folder: string): Step[] {
  const lines = readFileSync(join(folder, 'steps.jsonl'), 'utf8').split('\n');
  // A kill may have torn a line of this log, which is the test's own.
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Step];
    } catch {
      return [];
    }
  });
}

describe('a run that is killed', () => {
  test.each(['poisson', 'shuffle'])(
    `${KILLS} times at random loses no release, repeats no noise, and ends (%s)`,
    async (sampling) => {
      const folder = mkdtempSync(join(tmpdir(), 'kill-'));
      try {
        const words = new Uint32Array(1);
        const source = seededSource(sampling.length);
        for (let kill = 0; kill < KILLS; kill++) {
          source.fill(words);
          const output = await train(folder, sampling, EPOCHS, (words[0]! / 2 ** 32) * 250);
          expect(output).not.toContain('done');
        }
        const path = join(folder, 'checkpoint.bin');
        const killed = existsSync(path) ? readCheckpoint(readFileSync(path)).position.epoch : 0;
        expect(await train(folder, sampling, killed + 2)).toContain('done');
        const run = openRun(folder);
        const steps = stepsIn(folder);
        // Each update that was seen has its row: rows are numbered, and no number was seen with two updates.
        const last = Math.max(...steps.map(({releases}) => releases));
        expect(run.ledger.rows.length).toBeGreaterThanOrEqual(last);
        expect(new Set(steps.map(({releases}) => releases)).size).toBe(steps.length);
        expect(run.ledger.rows.map(({release}) => release)).toEqual([...run.ledger.rows.keys()]);
        // Fresh noise: no update ever came out twice.
        expect(new Set(steps.map(({weights}) => weights.join())).size).toBe(steps.length);
        const {position} = readCheckpoint(readFileSync(path));
        expect(position).toEqual({epoch: killed + 2, batch: 0});
        expect(run.ledger.rows.length).toBeGreaterThanOrEqual((killed + 2) * 8);
        run.close();
      } finally {
        rmSync(folder, {recursive: true});
      }
    },
    KILLS * 10_000 + 60_000,
  );
});
