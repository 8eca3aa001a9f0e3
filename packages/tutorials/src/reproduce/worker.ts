import {fork} from 'node:child_process';

import {UsageError} from '../usage_error.js';
import type {RunMessage, RunRequest} from './run_process.js';
import type {RunResult} from './train_row.js';

/** Trains one run. @param onStep - Called after each step. @param signal - Ends it at once: half a run is no result. */
export type TrainRun = (request: RunRequest, onStep: () => void, signal: AbortSignal) => Promise<RunResult>;

/**
 * Trains a run in a process of its own, so that its processor time is its own, and several can run side by side.
 *
 * @throws UsageError with what the process said, if it fails.
 */
export const trainInProcess: TrainRun = (request, onStep, signal) =>
  new Promise((resolve, reject) => {
    const child = fork(new URL('run_process.js', import.meta.url), {signal});
    let result: RunResult | undefined;
    let failure = 'the process was ended';
    child.on('message', (message: RunMessage) => {
      if (message.kind === 'step') onStep();
      else if (message.kind === 'result') ({result} = message);
      else failure = message.message;
    });
    child.on('error', reject);
    child.on('exit', () => {
      if (result === undefined) reject(new UsageError(failure));
      else resolve(result);
    });
    child.send(request);
  });
