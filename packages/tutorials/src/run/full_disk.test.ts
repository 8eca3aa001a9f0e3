import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';

// Limits on a process are Linux's.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

/** Steps of an epoch of train_small.ts. */
const STEPS = 4;

interface Outcome {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number | null;
}

/** @param maxFileSize - In bytes: a write beyond is cut there, and the next fails, as on a full disk. */
function train(folder: string, epochs: number, maxFileSize?: number): Outcome {
  const loader = new URL('../../../../tools/typescript.mjs', import.meta.url).href;
  const program = fileURLToPath(new URL('../testing/train_small.ts', import.meta.url));
  const node = [process.execPath, '--no-warnings', `--import=${loader}`, '--conditions=@dp/source', program];
  const limit = maxFileSize === undefined ? [] : ['prlimit', `--fsize=${maxFileSize}`];
  const whole = [...limit, ...node, folder, `${epochs}`];
  const {stdout, stderr, status} = spawnSync(whole[0] as string, whole.slice(1), {encoding: 'utf8'});
  return {output: stdout, errors: stderr, exitCode: status};
}

onLinux('a tutorial whose disk is full', () => {
  let top: string;
  let folder: string;
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'dp-full-'));
    folder = join(top, 'run');
  });
  afterEach(() => rmSync(top, {recursive: true}));

  const text = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const rows = (): string[] => text('ledger.jsonl').split('\n').slice(1, -1);

  test('ends with what to do, keeps what it released and the checkpoint before, and goes on when there is room', () => {
    expect(train(folder, 1)).toMatchObject({exitCode: 0});
    const [run, before] = [text('run.json'), rows()];
    expect(before).toHaveLength(STEPS);

    // No room for one row more.
    const atRow = train(folder, 3, 2000);
    expect(atRow.errors).toMatch(/ledger\.jsonl.*EFBIG.*nothing was released/s);
    expect(atRow.exitCode).toBe(2);
    expect([text('run.json'), rows()]).toEqual([run, before]);

    // Room for rows, and none for a checkpoint.
    const atCheckpoint = train(folder, 2, 50_000);
    expect(atCheckpoint.errors).toMatch(/model\.bin could not be written \(.*EFBIG.*make room/s);
    expect(atCheckpoint.exitCode).toBe(2);
    expect(text('run.json')).toBe(run);
    expect(rows().slice(0, STEPS)).toEqual(before);
    expect(rows()).toHaveLength(2 * STEPS);

    const {output, exitCode} = train(folder, 2);
    expect(output).toContain(`Going on after ${STEPS} steps`);
    expect(exitCode).toBe(0);
    // What was released and never kept counts too.
    expect(rows()).toHaveLength(3 * STEPS);
    expect(readdirSync(folder).sort()).toEqual([`checkpoint-${2 * STEPS}-2`, 'ledger.jsonl', 'run.json']);
  });

  test('with no room for its first checkpoint, leaves a ledger that is not forgotten', () => {
    expect(train(folder, 1, 50_000)).toMatchObject({exitCode: 2});
    expect(existsSync(join(folder, 'run.json'))).toBe(false);
    expect(rows()).toHaveLength(STEPS);
    expect(train(folder, 1).errors).toContain('its releases would be forgotten. Name a new folder');
    expect(rows()).toHaveLength(STEPS);
  });
});
