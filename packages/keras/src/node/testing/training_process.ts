import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from '@jest/globals';
import type {Ledger} from '@dp/optimizers';
import {build} from 'esbuild';

/** train.ts and all that it imports as one file, which starts faster than its sources. */
export async function trainingProgram(folder: string): Promise<string> {
  const path = join(folder, 'train.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('train.ts', import.meta.url))],
    outfile: path,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@dp/source'],
    // One copy of tf.js, that of Node, whose files ask for its modules by require.
    mainFields: ['main'],
    // They are not among those that its package declares to have effects.
    ignoreAnnotations: true,
    banner: {
      js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  return path;
}

/** What train.ts is to do, and what happens to it. */
export interface TrainingRequest {
  /** From `trainingProgram`. */
  readonly program: string;
  readonly folder: string;
  readonly sampling: string;
  readonly epochs: number;
  /** Units of the hidden layer. Default: 1. */
  readonly hidden?: number;
  /** Milliseconds after it began to train, or was started. Default: never. */
  readonly killAfter?: number;
  /** Default: `training`. */
  readonly killFrom?: 'start' | 'training';
  /** Largest size of a file in bytes: a write beyond is cut there, and the next fails, as on a full disk. Linux only. */
  readonly maxFileSize?: number;
}

/** What a process said. */
export interface TrainingOutput {
  readonly output: string;
  readonly errors: string;
  /** Null: it was killed. */
  readonly exitCode: number | null;
}

/** Trains in a process of its own, to its end or until something happens to it. */
export function train(request: TrainingRequest): Promise<TrainingOutput> {
  const {
    program,
    folder,
    epochs,
    sampling,
    hidden = 1,
    killAfter = Infinity,
    killFrom = 'training',
    maxFileSize,
  } = request;
  const command = [process.execPath, program, folder, `${epochs}`, sampling, `${hidden}`];
  const limited = maxFileSize === undefined ? command : ['prlimit', `--fsize=${maxFileSize}`, ...command];
  const child = spawn(limited[0] as string, limited.slice(1), {stdio: ['ignore', 'pipe', 'pipe']});
  let [output, errors] = ['', ''];
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const kill = (): void => {
    if (killAfter < Infinity) setTimeout(() => child.kill('SIGKILL'), killAfter);
  };
  if (killFrom === 'start') kill();
  child.stdout.on('data', (data: Buffer) => {
    if (output === '' && killFrom === 'training') kill();
    output += data.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (exitCode) => resolve({output, errors, exitCode}));
  });
}

interface Step {
  readonly releases: number;
  readonly weights: readonly number[];
}

/** What train.ts noted after each update. */
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

/** Holds what was seen of a run against its ledger: each update has a row, and fresh noise. */
export function expectAllReleasesCounted(folder: string, {rows}: Ledger): void {
  const steps = stepsIn(folder);
  // Rows are numbered, and no number was seen with two updates.
  const last = Math.max(...steps.map(({releases}) => releases));
  expect(rows.length).toBeGreaterThanOrEqual(last);
  expect(new Set(steps.map(({releases}) => releases)).size).toBe(steps.length);
  expect(rows.map(({release}) => release)).toEqual([...rows.keys()]);
  // No update ever came out twice.
  expect(new Set(steps.map(({weights}) => weights.join())).size).toBe(steps.length);
}
