import {CustomCallback} from '@tensorflow/tfjs-layers';

import type {TrainingLogs} from '../args/callbacks.js';
import {createProgress, isLive, type Progress} from '../terminal/index.js';
import {checkOptions, checkStream} from './check_options.js';

/** Options of `progressBar`. */
export interface ProgressBarOptions {
  /** Default: standard error, so that standard output holds the results alone. It is quiet where this is no terminal. */
  readonly stream?: NodeJS.WriteStream;
}

/** A callback of `fit` that shows a live line. */
export class ProgressBar extends CustomCallback {
  private readonly progress: Progress;

  constructor(private readonly stream: NodeJS.WriteStream) {
    super({
      onEpochBegin: (epoch) => this.begin(epoch),
      onBatchEnd: (batch, logs) => this.progress.update({step: batch + 1, loss: (logs as TrainingLogs).loss}),
      onEpochEnd: (epoch, logs) => this.end(epoch, logs as TrainingLogs),
    });
    this.progress = createProgress(stream);
  }

  /** Clears the line. `fit` calls it when it has ended, in whatever way. */
  dispose(): void {
    this.progress.stop();
  }

  private begin(epoch: number): void {
    const {steps, batchSize} = this.params as {readonly steps: number; readonly batchSize: number};
    this.progress.start(steps, {label: this.label(epoch), examplesPerStep: batchSize});
  }

  private end(epoch: number, {epsilon}: TrainingLogs): void {
    this.progress.stop();
    if (isLive(this.stream)) this.stream.write(`${this.label(epoch)}: epsilon ${epsilon.toPrecision(4)}\n`);
  }

  private label(epoch: number): string {
    return `epoch ${epoch + 1}/${this.params['epochs'] as number}`;
  }
}

/**
 * A callback that shows a line about each epoch's steps, with, marked "local, not private" since epsilon does not cover them, the
 * time left, the speed and the loss; and after the epoch a line with the epsilon. `fit` shows one by itself, unless
 * `verbose` is 0; this one is for a stream of your own.
 */
export function progressBar(options: ProgressBarOptions = {}): ProgressBar {
  checkOptions(options);
  const {stream = process.stderr} = options;
  checkStream(stream);
  return new ProgressBar(stream);
}
