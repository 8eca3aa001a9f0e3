import type {CallbackInstance} from '../args/callbacks.js';
import {progressBar, ProgressBar} from './progress_bar.js';

/** What `verbose: 1` adds to the callbacks in Node: a progress bar, unless there is one. */
export function verboseCallbacks(given: readonly object[]): readonly CallbackInstance[] {
  return given.some((callback) => callback instanceof ProgressBar) ? [] : [progressBar()];
}
