import {mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';

import {readCheckpoint} from '../checkpoint/checkpoint.js';
import {openRun} from './run_folder.js';
import {expectAllReleasesCounted, train, trainingProgram} from './testing/training_process.js';

// Limits on a process are Linux's.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a run whose disk is full', () => {
  let programs: string;
  let program: string;
  let folder: string;
  beforeAll(async () => {
    programs = mkdtempSync(join(tmpdir(), 'train-'));
    program = await trainingProgram(programs);
  });
  afterAll(() => rmSync(programs, {recursive: true}));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'full-'));
  });
  afterEach(() => rmSync(folder, {recursive: true}));

  const sampling = 'poisson';
  const checkpoint = (): Buffer => readFileSync(join(folder, 'checkpoint.bin'));

  test('ends at a row of the ledger with what to do, has released nothing without a row, and goes on when there is room', async () => {
    // Room for a checkpoint and some rows; each later run has room for a few more.
    let rows = 0;
    for (const maxFileSize of [4_000, 4_100, 6_000]) {
      const {exitCode, errors} = await train({program, folder, sampling, epochs: 1000, maxFileSize});
      expect(exitCode).toBe(1);
      expect(errors).toContain('LEDGER_NOT_WRITTEN');
      expect(errors).toContain('EFBIG');
      expect(errors).toContain('so that nothing was released. Make room where it lies');
      const run = openRun(folder);
      expectAllReleasesCounted(folder, run.ledger);
      expect(run.ledger.rows.length).toBeGreaterThanOrEqual(rows);
      rows = run.ledger.rows.length;
      run.close();
    }
    expect(rows).toBeGreaterThan(6);
    const {epoch} = readCheckpoint(checkpoint()).position;
    expect((await train({program, folder, sampling, epochs: epoch + 1})).output).toContain('done');
    const run = openRun(folder);
    expectAllReleasesCounted(folder, run.ledger);
    run.close();
  });

  test('writes no part of a checkpoint, and goes on from the one before when there is room', async () => {
    // Rows of two steps are far shorter than a checkpoint of this model.
    const whole = {program, folder, sampling, epochs: 1, hidden: 500};
    const {errors} = await train({...whole, maxFileSize: 20_000});
    expect(errors).toContain("code: 'CHECKPOINT'");
    expect(errors).toContain('could not be written (EFBIG');
    expect(errors).toContain('The ledger holds what was released since. Make room');
    expect(readdirSync(folder).sort()).toEqual(['ledger.jsonl', 'ledger.jsonl.lock', 'steps.jsonl']);
    expect((await train(whole)).output).toContain('done');
    const run = openRun(folder);
    expectAllReleasesCounted(folder, run.ledger);
    expect(run.ledger.rows).toHaveLength(2 + 8);
    run.close();
  });
});
