import {DpError} from '@dp/optimizers';

import {shown} from '../args/shown.js';
import type {ModuleExport} from './protocol.js';
import {availableThreads, type WebWorker} from './thread.js';

/** How many threads share the work, and what they need to rebuild the model. */
export interface WorkerOptions {
  /** Threads that share the examples, with the one that calls; `'auto'` is as many as this machine runs at once. */
  readonly count: number | 'auto';
  /**
   * Keeps the thread that calls free for a page, or for requests: all of `count` are other threads, and it adds noise and makes
   * the update alone. Default: false.
   */
  readonly dedicated?: boolean;
  /** URLs or package names that every thread imports first: they register custom layers. */
  readonly modules?: readonly string[];
  /** Where threads find a loss that is a function: it can't be sent to them. It has to be the function that was compiled. */
  readonly loss?: ModuleExport;
  /**
   * For browsers: starts a thread whose module imports a tf.js backend, custom layers, and `@dp/keras/worker`, as
   * `() => new Worker(new URL('./worker.js', import.meta.url), {type: 'module'})`, which bundlers understand. Default: in Node,
   * this package's module.
   */
  readonly newWorker?: () => WebWorker;
}

/** As `WorkerOptions`, or the count alone. */
export type Workers = number | 'auto' | WorkerOptions;

/** @throws DpError INVALID_OPTION. */
export function checkedWorkers(workers: Workers): WorkerOptions & {readonly count: number} {
  if ((workers as unknown) === null)
    throw new DpError('INVALID_OPTION', "workers must be an integer >= 1 or 'auto', got null");
  const options = typeof workers === 'object' ? workers : {count: workers};
  const count = options.count === 'auto' ? availableThreads() : options.count;
  if (!(Number.isSafeInteger(count) && count >= 1))
    throw new DpError('INVALID_OPTION', `workers must be an integer >= 1 or 'auto', got ${shown(count)}`);
  return {...options, count};
}
