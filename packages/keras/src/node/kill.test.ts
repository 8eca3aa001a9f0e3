import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {seededSource} from '@dp/random';

import {readCheckpoint} from '../checkpoint/checkpoint.js';
import {openRun} from './run_folder.js';
import {expectAllReleasesCounted, train, trainingProgram} from './testing/training_process.js';

const KILLS = process.env['DP_LONG_TESTS'] === undefined ? 2 : 100;
/** More than are trained between all kills. */
const EPOCHS = 1_000_000;

describe('a run that is killed', () => {
  let programs: string;
  let program: string;
  beforeAll(async () => {
    programs = mkdtempSync(join(tmpdir(), 'train-'));
    program = await trainingProgram(programs);
  });
  afterAll(() => rmSync(programs, {recursive: true}));

  test.each(['poisson', 'shuffle'])(
    `${KILLS} times at random loses no release, repeats no noise, and ends (%s)`,
    async (sampling) => {
      const folder = mkdtempSync(join(tmpdir(), 'kill-'));
      try {
        const words = new Uint32Array(1);
        const source = seededSource(sampling.length);
        for (let kill = 0; kill < KILLS; kill++) {
          source.fill(words);
          const part = words[0]! / 2 ** 32;
          // In training; and now and then while it starts and takes up the run.
          const killFrom = kill % 5 === 4 ? ('start' as const) : ('training' as const);
          const killAfter = part * (killFrom === 'start' ? 1000 : 250);
          const killed = {program, folder, sampling, epochs: EPOCHS, killAfter, killFrom};
          const {output, exitCode} = await train(killed);
          expect(output).not.toContain('done');
          // Killed: it did not end by itself.
          expect(exitCode).toBeNull();
        }
        const path = join(folder, 'checkpoint.bin');
        const killed = existsSync(path) ? readCheckpoint(readFileSync(path)).position.epoch : 0;
        expect((await train({program, folder, sampling, epochs: killed + 2})).output).toContain('done');
        const run = openRun(folder);
        expectAllReleasesCounted(folder, run.ledger);
        const {position} = readCheckpoint(readFileSync(path));
        expect(position).toEqual({epoch: killed + 2, batch: 0});
        expect(run.ledger.rows.length).toBeGreaterThanOrEqual((killed + 2) * 8);
        if (KILLS > 2)
          console.log({sampling, kills: KILLS, epochs: killed + 2, rows: run.ledger.rows.length});
        run.close();
      } finally {
        rmSync(folder, {recursive: true});
      }
    },
    KILLS * 10_000 + 60_000,
  );
});
