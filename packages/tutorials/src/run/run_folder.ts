import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {LedgerPosition, LedgerStore, PrivacySpent} from '@dp/optimizers';
import {openLedgerFile} from '@dp/optimizers/node';

import {UsageError} from '../usage_error.js';
import {readWeights, writeModel, writeOptimizer, type NamedTensor} from './checkpoint_files.js';
import type {EpochRecord} from './history.js';

const LEDGER = 'ledger.jsonl';
const RUN = 'run.json';

/** What has to be the same when a run goes on. */
export type RunSettings = Readonly<Record<string, string | number | boolean | null>>;

/** Where a run is. */
export interface RunState {
  readonly steps: number;
  readonly epochs: readonly EpochRecord[];
  /** Of the ledger; what was released after it counts too. */
  readonly position: LedgerPosition;
}

/** A checkpoint that was found. */
export interface Checkpoint extends RunState {
  /** The caller disposes them. */
  readonly modelWeights: tf.Tensor[];
  readonly optimizerWeights: NamedTensor[];
}

/** What is kept of a run, so that it can go on. */
export interface RunFolder {
  /** Writes each ledger row to disk, and returns only when it is there. */
  readonly store: LedgerStore;
  /** Undefined for a run that begins. */
  load(): Checkpoint | undefined;
  /** Writes the model (readable by `tf.loadLayersModel` without this library), the optimizer and the spent privacy. */
  save(
    state: RunState,
    model: LayersModel,
    optimizer: tf.Optimizer,
    spent: PrivacySpent | undefined,
  ): Promise<void>;
  close(): void;
}

/**
 * Opens the folder of a run that begins or goes on. `run.json` names the checkpoint and is replaced in one piece, so that a
 * killed process leaves the last one whole; the ledger holds what was released after it.
 *
 * @throws UsageError if it holds a run of other settings, or a ledger without a checkpoint: its releases would be forgotten.
 */
export function openRunFolder(folder: string, settings: RunSettings): RunFolder {
  mkdirSync(folder, {recursive: true});
  const runFile = join(folder, RUN);
  const found = existsSync(runFile) ? readRun(runFile, settings, folder) : undefined;
  if (found === undefined && existsSync(join(folder, LEDGER))) {
    throw new UsageError(
      `--model_dir=${folder} already holds the ledger of a run, but no checkpoint to go on from, and its releases would be forgotten. Name a new folder`,
    );
  }
  const store = openLedgerFile(join(folder, LEDGER), {expect: found === undefined ? 'new' : 'existing'});
  return {
    store,
    load() {
      if (found === undefined) return undefined;
      const at = join(folder, found.checkpoint);
      return {
        ...found.state,
        modelWeights: readWeights(at, 'model').map(({tensor}) => tensor),
        optimizerWeights: readWeights(at, 'optimizer'),
      };
    },
    async save(state, model, optimizer, spent) {
      const checkpoint = `checkpoint-${state.steps}`;
      const at = join(folder, checkpoint);
      mkdirSync(at, {recursive: true});
      await writeModel(at, model);
      await writeOptimizer(at, optimizer);
      writeJson(join(at, 'privacy.json'), spent ?? null);
      writeJson(`${runFile}.part`, {format: 1, settings, checkpoint, state});
      renameSync(`${runFile}.part`, runFile);
      for (const name of readdirSync(folder))
        if (/^checkpoint-\d+$/.test(name) && name !== checkpoint)
          rmSync(join(folder, name), {recursive: true});
    },
    close: () => store.close(),
  };
}

interface RunFile {
  readonly format: number;
  readonly settings: RunSettings;
  readonly checkpoint: string;
  readonly state: RunState;
}

function readRun(file: string, settings: RunSettings, folder: string): RunFile {
  let run: RunFile;
  try {
    run = JSON.parse(readFileSync(file, 'utf8')) as RunFile;
  } catch {
    throw new UsageError(`${file} is no JSON. Name a new folder with --model_dir`);
  }
  if (run.format !== 1)
    throw new UsageError(`${file} has format ${run.format}, expected 1. Name a new folder`);
  for (const name of Object.keys({...run.settings, ...settings})) {
    const [before, now] = [run.settings[name] ?? null, settings[name] ?? null];
    if (!isDeepStrictEqual(before, now)) {
      throw new UsageError(
        `--model_dir=${folder} holds a run with ${name} ${before ?? 'none'}, got ${now ?? 'none'}. Give the same to go on with it, or name a new folder`,
      );
    }
  }
  return run;
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
