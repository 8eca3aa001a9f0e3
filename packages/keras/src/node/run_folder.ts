import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {DpError, Ledger} from '@dp/optimizers';
import {openLedgerFile} from '@dp/optimizers/node';

import type {TrainingCallback} from '../args/callbacks.js';
import type {DpModel} from '../model/dp_model.js';
import {writeAtomically} from './atomic_write.js';
import {checkEverySteps, checkOptions, checkPath} from './check_options.js';

const LEDGER = 'ledger.jsonl';
const CHECKPOINT = 'checkpoint.bin';

/** When to write a checkpoint. */
export interface CheckpointOptions {
  /** After so many steps. Default: after each epoch alone. */
  readonly everySteps?: number;
}

/**
 * A folder that a run can be killed in at any moment, and go on: the ledger, of which a row is on disk before its update can be
 * seen, and the last checkpoint. One process at a time.
 *
 * Whoever copies the folder, or rolls ledger and checkpoint back together, releases more than the ledger says: the releases of
 * all branches add up, and no software can see that.
 */
export interface RunFolder {
  readonly path: string;
  /** For `privacy.ledger`, or for the option `ledger` of an optimizer. */
  readonly ledger: Ledger;
  /**
   * Puts the last checkpoint into a compiled model, whose next `fit` goes on from there with fresh noise. What was released
   * since that checkpoint stays counted.
   *
   * @returns Whether there was one.
   * @throws DpError CHECKPOINT for a damaged one, or one of another model or run; LEDGER_MISSING or LEDGER_CORRUPT unless the
   *   ledger is that of the checkpoint, with all of its rows.
   */
  resume(model: DpModel): Promise<boolean>;
  /** Writes a checkpoint after each epoch, and in between if asked to: a callback for `fit`. */
  checkpoints(model: DpModel, options?: CheckpointOptions): TrainingCallback;
  /** Lets another process go on. */
  close(): void;
}

/**
 * Opens a run's folder, or begins one.
 *
 * @throws DpError LEDGER_LOCKED if another process trains in it; LEDGER_CORRUPT for a ledger that was cut or altered;
 *   LEDGER_MISSING if there is a checkpoint without its ledger.
 */
export function openRun(path: string): RunFolder {
  checkPath('path', path);
  mkdirSync(path, {recursive: true});
  const checkpoint = join(path, CHECKPOINT);
  const hasCheckpoint = existsSync(checkpoint);
  // A kill may tear the last row, and then its update was never seen; a ledger that lost more is known by the checkpoint.
  const file = openLedgerFile(join(path, LEDGER), {
    expect: hasCheckpoint ? 'existing' : 'any',
    dropTornRow: true,
  });
  let resumed = !hasCheckpoint;
  return {
    path,
    ledger: new Ledger(file),
    async resume(model) {
      if (!existsSync(checkpoint)) return false;
      await model.restore(readFileSync(checkpoint));
      return (resumed = true);
    },
    checkpoints(model, options = {}) {
      checkOptions(options);
      const {everySteps = Infinity} = options;
      checkEverySteps(everySteps);
      if (!resumed) {
        throw new DpError(
          'CHECKPOINT',
          `${checkpoint} would be overwritten: call resume(model) first, or name a new folder`,
        );
      }
      let steps = 0;
      const write = async (): Promise<void> => {
        const bytes = await model.checkpoint();
        try {
          writeAtomically(checkpoint, bytes);
        } catch (error) {
          throw notWritten(checkpoint, error);
        }
      };
      return {
        async onBatchEnd() {
          steps++;
          if (steps % everySteps === 0) await write();
        },
        onEpochEnd: write,
      };
    },
    close: () => file.close(),
  };
}

function notWritten(path: string, error: unknown): DpError {
  return new DpError(
    'CHECKPOINT',
    `${path} could not be written (${error instanceof Error ? error.message : String(error)}), and the checkpoint before it, if there was one, is as it was. ` +
      'The ledger holds what was released since. Make room where it lies, or whatever the system asks for; then resume the run, or fit again',
    {cause: error},
  );
}
