import {clock, withBar} from './line_text.js';
import {isLive, LiveLine} from './live_line.js';
import {Pace} from './pace.js';

/** What {@link Progress.start} is told; all of it is public. */
export interface ProgressOptions {
  /** Text before the bar, for example `epoch 3/60`. Default none. */
  readonly label?: string | undefined;
  /** Steps done before; the speed counts from there. Default 0. */
  readonly done?: number | undefined;
  /** The *expected* number of examples in a step, for the speed: the drawn number is secret under Poisson sampling. */
  readonly examplesPerStep?: number | undefined;
}

/** What {@link Progress.update} is told after a step. */
export interface ProgressUpdate {
  /** Steps done. */
  readonly step: number;
  /** Sensitive: the loss of the step on private examples. It is shown here, marked, and goes nowhere else. */
  readonly loss?: number | undefined;
}

/** A live line about training. Between `stop` and `start` other lines may be printed. */
export interface Progress {
  /** Shows the line; ends the one that is shown. */
  start(totalSteps: number, options?: ProgressOptions): void;
  update(update: ProgressUpdate): void;
  /** Clears the line. Call it in a `finally`: until then the process does not end by itself. */
  stop(): void;
}

/**
 * A live progress line: steps, and, marked "local, not private" since epsilon does not cover them (privacy rule 19), time left,
 * speed and loss.
 * It is quiet where the stream is no terminal.
 *
 * @param stream standard error by default, so that standard output holds the results alone.
 * @param now the time in seconds, for tests.
 */
export function createProgress(
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = () => performance.now() / 1000,
): Progress {
  if (!isLive(stream)) return {start: () => undefined, update: () => undefined, stop: () => undefined};
  const line = new LiveLine(stream);
  let shown: TrainingStatus | undefined;
  let pace = new Pace();
  return {
    start(totalSteps, {label, done = 0, examplesPerStep} = {}) {
      pace = new Pace();
      pace.mark(now(), done);
      shown = {label, step: done, totalSteps, examplesPerStep, stepsPerSecond: undefined, loss: undefined};
      line.start((columns) => (shown === undefined ? '' : trainingLine(shown, columns)));
    },
    update({step, loss}) {
      if (shown === undefined) return;
      pace.mark(now(), step);
      shown = {...shown, step, loss, stepsPerSecond: pace.rate};
      line.refresh();
    },
    stop() {
      line.stop();
      shown = undefined;
    },
  };
}

/** What the line tells about training. */
export interface TrainingStatus {
  readonly label: string | undefined;
  readonly step: number;
  readonly totalSteps: number;
  readonly examplesPerStep: number | undefined;
  readonly stepsPerSecond: number | undefined;
  readonly loss: number | undefined;
}

/** The text of the line; where the terminal is narrow, the bar gets shorter, and then goes. */
export function trainingLine(status: TrainingStatus, columns: number): string {
  const {label, step, totalSteps, examplesPerStep, stepsPerSecond, loss} = status;
  const local: string[] = [];
  if (loss !== undefined) local.push(`loss ${loss.toFixed(3)}`);
  // Times tell of the examples as well: a Poisson batch takes as long as it is large.
  if (stepsPerSecond !== undefined) {
    local.push(`${clock(Math.max(totalSteps - step, 0) / stepsPerSecond)} left`);
    if (examplesPerStep !== undefined)
      local.push(`${Math.round(stepsPerSecond * examplesPerStep).toLocaleString('en-US')} examples/s`);
  }
  // The mark is first, so that no narrow terminal cuts it off.
  const texts = [
    `step ${step}/${totalSteps}`,
    local.length === 0 ? '' : `local, not private: ${local.join(', ')}`,
  ];
  return withBar(label, step / totalSteps, texts, columns);
}
