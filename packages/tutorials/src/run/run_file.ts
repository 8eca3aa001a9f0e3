import {readFileSync, renameSync} from 'node:fs';
import {isDeepStrictEqual} from 'node:util';
import type {LedgerPosition} from '@dp/optimizers';

import {UsageError} from '../usage_error.js';
import type {Sums} from './checkpoint_files.js';
import {sha256, writeDurably} from './durable_file.js';
import type {EpochRecord} from './history.js';
import type {RunSettings} from './settings.js';

/** Where a run is. */
export interface RunState {
  readonly steps: number;
  readonly epochs: readonly EpochRecord[];
  /** Of the ledger; what was released after it counts too. */
  readonly position: LedgerPosition;
}

/** What `run.json` says: which checkpoint is the last, of what run. */
export interface RunFile {
  readonly settings: RunSettings;
  /** Name of the checkpoint's folder. */
  readonly checkpoint: string;
  readonly state: RunState;
  /** Of the checkpoint's files. Runs of format 1 have none. */
  readonly sums?: Sums;
}

/** Replaces it in one piece. */
export function writeRunFile(path: string, run: RunFile): void {
  writeDurably(`${path}.part`, `${JSON.stringify({format: 2, sha256: sumOf(run), ...run}, null, 2)}\n`);
  renameSync(`${path}.part`, path);
}

/**
 * @param settings - Of the run that is to go on.
 * @throws UsageError if it is of other settings, or was altered.
 */
export function readRunFile(path: string, settings: RunSettings): RunFile {
  const run = parsed(path);
  for (const name of Object.keys({...run.settings, ...settings})) {
    const [before, now] = [run.settings[name] ?? null, settings[name] ?? null];
    if (!isDeepStrictEqual(before, now)) {
      throw new UsageError(
        `${path} holds a run with ${name} ${before ?? 'none'}, got ${now ?? 'none'}. Give the same to go on with it, or name a new folder with --model_dir`,
      );
    }
  }
  return run;
}

function parsed(path: string): RunFile {
  const {format, sha256: sum, ...run} = parsedJson(path) as RunFile & {format?: unknown; sha256?: unknown};
  if (format !== 1 && format !== 2) {
    throw new UsageError(`${path} has format ${JSON.stringify(format)}, expected 2. ${REMEDY}`);
  }
  if (format === 2 && sum !== sumOf(run)) {
    throw new UsageError(`${path} was changed since it was written. ${REMEDY}`);
  }
  return run;
}

function parsedJson(path: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new UsageError(`${path} is no JSON object. ${REMEDY}`);
}

const REMEDY = 'Put the original back, or name a new folder with --model_dir';

function sumOf({settings, checkpoint, state, sums}: RunFile): string {
  return sha256(JSON.stringify({settings, checkpoint, state, sums}));
}
