import {nodeProcess} from './node_process.js';
import type {FromWorker} from './protocol.js';

/** Inside a thread: answers each message, in Node or in a browser. */
export function listen(answer: (message: unknown) => Promise<FromWorker>): void {
  const port = nodeProcess?.getBuiltinModule('node:worker_threads').parentPort;
  if (port) {
    port.on('message', (message: unknown) => void answer(message).then((reply) => port.postMessage(reply)));
    return;
  }
  addEventListener('message', ({data}: MessageEvent<unknown>) => {
    void answer(data).then((reply) => postMessage(reply));
  });
}
