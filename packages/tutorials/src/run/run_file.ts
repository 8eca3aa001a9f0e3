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

/** Of a checkpoint's folder. */
export const CHECKPOINT_NAME = /^checkpoint-\d+(-\d+)?$/;

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
  const field = badField(run);
  if (field !== undefined)
    throw new UsageError(
      `${path} was changed: its ${field} is not what this library writes there. ${REMEDY}`,
    );
  return run;
}

/** The first field that no run has written: the sum shows accidents, not forgery. */
function badField({
  settings,
  checkpoint,
  state,
  sums,
}: Readonly<Partial<Record<keyof RunFile, unknown>>>): string | undefined {
  if (!isObject(settings)) return 'settings';
  // A name beside it, and no path to elsewhere.
  if (typeof checkpoint !== 'string' || !CHECKPOINT_NAME.test(checkpoint)) return 'checkpoint';
  if (!isObject(state)) return 'state';
  const {steps, epochs, position} = state;
  if (!isCount(steps)) return 'state.steps';
  if (!Array.isArray(epochs) || !epochs.every(isObject)) return 'state.epochs';
  if (!isObject(position)) return 'state.position';
  const {ledger, releases, link} = position;
  if (typeof ledger !== 'string' || !isCount(releases) || typeof link !== 'string') return 'state.position';
  const areSums =
    sums === undefined || (isObject(sums) && Object.values(sums).every((sum) => typeof sum === 'string'));
  return areSums ? undefined : 'sums';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parsedJson(path: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new UsageError(`${path} is no JSON object. ${REMEDY}`);
}

const REMEDY = 'Put the original back, or name a new folder with --model_dir';

function sumOf({settings, checkpoint, state, sums}: RunFile): string {
  return sha256(JSON.stringify({settings, checkpoint, state, sums}));
}
