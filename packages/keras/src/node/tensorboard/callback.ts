import type {TrainingCallback} from '../../args/callbacks.js';
import {isCovered} from '../../args/covered.js';
import {EventFile} from './event_file.js';
import {checkBoolean, checkOptions, checkPath} from '../check_options.js';

/** Options of `tensorBoard`. */
export interface TensorBoardOptions {
  /**
   * Also write training loss and metrics, and validation figures. They come straight from the examples, no epsilon covers them,
   * and files travel. Default: false.
   */
  readonly unsafeLogPrivateStatistics?: boolean;
}

/**
 * A callback that writes, after each epoch, what the ledger covers as curves for TensorBoard. What it does not cover is left out
 * unless that is asked for (privacy rule 19).
 *
 * @param folder - Of the event files; `tensorboard --logdir` reads it.
 */
export function tensorBoard(folder: string, options: TensorBoardOptions = {}): TrainingCallback {
  checkPath('folder', folder);
  checkOptions(options);
  const {unsafeLogPrivateStatistics = false} = options;
  // Every text is true, 'false' too.
  checkBoolean('unsafeLogPrivateStatistics', unsafeLogPrivateStatistics);
  let file: EventFile | undefined;
  const close = (): void => {
    file?.close();
    file = undefined;
  };
  return {
    onTrainBegin() {
      file = new EventFile(folder);
    },
    onEpochEnd(epoch, logs) {
      for (const [tag, value] of Object.entries(logs)) {
        if (unsafeLogPrivateStatistics || isCovered(tag)) file?.scalar(tag, value, epoch);
      }
    },
    onTrainEnd: close,
    // Also after an error.
    dispose: close,
  };
}
