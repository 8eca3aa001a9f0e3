import {DpError} from '@dp/optimizers';
import type * as workerThreads from 'node:worker_threads';

import {nodeProcess} from './node_process.js';

/** A thread of its own, in Node or in a browser. */
export interface Thread {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Called for each message. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once if the thread ends by itself, with why. */
  onEnd(listener: (why: string) => void): void;
  end(): void;
}

/** What is needed of a browser's `Worker`. */
export interface WebWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: {data?: unknown; message?: string}) => void): void;
  terminate(): void;
}

/**
 * Starts a thread, which lives until it is ended.
 *
 * @param from - A module, for Node; what starts it, for a browser. Default, in Node: this package's module.
 * @throws DpError UNSUPPORTED in a browser, and INVALID_OPTION in Node, for what is for the other.
 */
export function startThread(from?: URL | (() => WebWorker)): Thread {
  const node = nodeThreads();
  if (typeof from === 'function') {
    if (node === undefined) return browserThread(from());
    throw new DpError('INVALID_OPTION', 'workers.newWorker is for browsers: leave it out in Node');
  }
  if (node !== undefined) return nodeThread(node, from ?? new URL('./summing_worker.js', import.meta.url));
  throw new DpError(
    'UNSUPPORTED',
    'in a browser, workers need a module that your bundler knows: give workers: {newWorker: () => new Worker(...)}, or use workers: 1',
  );
}

/** How many threads run at once on this machine. */
export function availableThreads(): number {
  const os = nodeProcess?.getBuiltinModule('node:os');
  return os?.availableParallelism() ?? globalThis.navigator.hardwareConcurrency;
}

/** Without an import, so that a bundler for browsers has nothing to resolve. */
function nodeThreads(): typeof workerThreads | undefined {
  return nodeProcess?.getBuiltinModule('node:worker_threads');
}

function nodeThread({Worker}: typeof workerThreads, url: URL): Thread {
  const worker = new Worker(url);
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => worker.on('message', listener),
    onEnd(listener) {
      worker.on('error', (error) => listener(error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => listener(`it ended with exit code ${code}`));
    },
    end: () => void worker.terminate(),
  };
}

function browserThread(worker: WebWorker): Thread {
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    onMessage: (listener) => worker.addEventListener('message', ({data}) => listener(data)),
    onEnd: (listener) =>
      worker.addEventListener('error', ({message}) => listener(message ?? 'its module could not be loaded')),
    end: () => worker.terminate(),
  };
}
