import {nodeProcess} from './node_process.js';
import type * as workerThreads from 'node:worker_threads';

/** A thread of its own, in Node or in a browser. */
export interface Thread {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Called for each message. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once if the thread ends by itself, with why. */
  onEnd(listener: (why: string) => void): void;
  end(): void;
}

/** Starts a module in a thread. In Node a thread that waits does not keep the process alive. */
export function startThread(url: URL): Thread {
  const node = nodeThreads();
  return node === undefined ? browserThread(url) : nodeThread(node, url);
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
  worker.unref();
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

function browserThread(url: URL): Thread {
  const worker = new Worker(url, {type: 'module'});
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    onMessage: (listener) => worker.addEventListener('message', ({data}) => listener(data)),
    onEnd: (listener) => worker.addEventListener('error', ({message}) => listener(message)),
    end: () => worker.terminate(),
  };
}
