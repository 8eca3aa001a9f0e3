import {CustomCallback} from '@tensorflow/tfjs-layers';
import {SingleBar} from 'cli-progress';

/** Options of `progressBar`. */
export interface ProgressBarOptions {
  /** Default: standard error, so that standard output holds the results alone. It is quiet where this is no terminal. */
  readonly stream?: NodeJS.WriteStream;
}

/**
 * A callback that shows a bar of each epoch's steps, with the time left and, marked "local, not private" since epsilon does not
 * cover it, the loss; and after the epoch a line with the epsilon.
 */
export function progressBar({stream = process.stderr}: ProgressBarOptions = {}): CustomCallback {
  if (!stream.isTTY || process.env['TERM'] === 'dumb') return new CustomCallback({});
  const bar = new SingleBar({
    stream,
    format: '{epoch} {bar} step {value}/{total} | {eta_formatted} left | {local}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    fps: 8,
    clearOnComplete: true,
    hideCursor: null,
    // Ctrl-C belongs to the program.
    gracefulExit: false,
  });
  const epochText = (epoch: number): string => `epoch ${epoch + 1}/${callback.params['epochs'] as number}`;
  const callback = new CustomCallback({
    onEpochBegin(epoch) {
      bar.start(callback.params['steps'] as number, 0, {epoch: epochText(epoch), local: ''});
    },
    onBatchEnd(batch, logs) {
      const loss = logs?.['loss'];
      bar.update(batch + 1, {
        local: loss === undefined ? '' : `loss ${loss.toFixed(3)} (local, not private)`,
      });
    },
    onEpochEnd(epoch, logs) {
      bar.stop();
      stream.write(`\r\u001b[J${epochText(epoch)}: epsilon ${logs?.['epsilon']?.toPrecision(4) ?? ''}\n`);
    },
    onTrainEnd: () => bar.stop(),
  });
  return callback;
}
