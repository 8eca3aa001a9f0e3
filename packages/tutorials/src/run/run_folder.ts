import {existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {LedgerStore, PrivacySpent} from '@dp/optimizers';
import {openLedgerFile} from '@dp/optimizers/node';

import {UsageError} from '../usage_error.js';
import {readWeights, writeModel, writeOptimizer, type NamedTensor} from './checkpoint_files.js';
import {writeDurably} from './durable_file.js';
import {CHECKPOINT_NAME, readRunFile, writeRunFile, type RunState} from './run_file.js';
import type {RunSettings} from './settings.js';

const LEDGER = 'ledger.jsonl';
const RUN = 'run.json';

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
 * @throws UsageError if it holds a run of other settings, a checkpoint that was altered, or a ledger without a checkpoint: its releases
 *   would be forgotten.
 */
export function openRunFolder(folder: string, settings: RunSettings): RunFolder {
  mkdirSync(folder, {recursive: true});
  const runFile = join(folder, RUN);
  const found = existsSync(runFile) ? readRunFile(runFile, settings) : undefined;
  if (found === undefined && existsSync(join(folder, LEDGER))) {
    throw new UsageError(
      `--model_dir=${folder} already holds the ledger of a run, but no checkpoint to go on from, and its releases would be forgotten. Name a new folder`,
    );
  }
  // A kill may tear the last row, and then its update was never seen; a ledger that lost more is known by the checkpoint.
  const store = openLedgerFile(join(folder, LEDGER), {
    expect: found === undefined ? 'new' : 'existing',
    dropTornRow: true,
  });
  return {
    store,
    load() {
      if (found === undefined) return undefined;
      const at = join(folder, found.checkpoint);
      return {
        ...found.state,
        modelWeights: readWeights(at, 'model', found.sums).map(({tensor}) => tensor),
        optimizerWeights: readWeights(at, 'optimizer', found.sums),
      };
    },
    async save(state, model, optimizer, spent) {
      const checkpoint = freeName(folder, `checkpoint-${state.steps}`);
      const at = join(folder, checkpoint);
      mkdirSync(at, {recursive: true});
      const sums = {...(await writeModel(at, model)), ...(await writeOptimizer(at, optimizer))};
      writeDurably(join(at, 'privacy.json'), `${JSON.stringify(spent ?? null, null, 2)}\n`);
      writeRunFile(runFile, {settings, checkpoint, state, sums});
      for (const name of readdirSync(folder))
        if (CHECKPOINT_NAME.test(name) && name !== checkpoint) rmSync(join(folder, name), {recursive: true});
    },
    close: () => store.close(),
  };
}

/** A checkpoint never takes the place of another in pieces, also where an epoch that was begun anew comes as far as before. */
function freeName(folder: string, name: string): string {
  let [free, next] = [name, 2];
  while (existsSync(join(folder, free))) free = `${name}-${next++}`;
  return free;
}
