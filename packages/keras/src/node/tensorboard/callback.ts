import type {TrainingCallback} from '../../args/callbacks.js';
import {EventFile} from './event_file.js';

/** Options of `tensorBoard`. */
export interface TensorBoardOptions {
  /**
   * Also write training loss and metrics, and validation figures. They come straight from the examples, no epsilon covers them,
   * and files travel. Default: false.
   */
  readonly unsafeLogPrivateStatistics?: boolean;
}

/** Covered by the ledger: what has been spent, and accuracies that were released with noise. */
const COVERED = new Set(['epsilon', 'val_private_acc']);

/**
 * A callback that writes, after each epoch, what the ledger covers as curves for TensorBoard. What it does not cover is left out
 * unless that is asked for (privacy rule 19).
 *
 * @param folder - Of the event files; `tensorboard --logdir` reads it.
 */
export function tensorBoard(
  folder: string,
  {unsafeLogPrivateStatistics = false}: TensorBoardOptions = {},
): TrainingCallback {
  let file: EventFile | undefined;
  return {
    onTrainBegin() {
      file = new EventFile(folder);
    },
    onEpochEnd(epoch, logs) {
      for (const [tag, value] of Object.entries(logs)) {
        if (unsafeLogPrivateStatistics || COVERED.has(tag)) file?.scalar(tag, value, epoch);
      }
    },
    onTrainEnd() {
      file?.close();
    },
  };
}
