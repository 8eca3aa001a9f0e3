import {backend, getBackend} from '@tensorflow/tfjs-core';
import {backendMemory, isWasmBackend} from './memory.js';
import {privateMemory} from './private_memory.js';
import {checkSynchronousReads} from './synchronous_reads.js';
import type {Workspace} from './workspace.js';

/**
 * The workspace of tf.js's current backend. The wasm backend's own memory is used without copies; every other backend
 * gets a private memory into which values are copied. Results are bit-equal.
 *
 * @throws if another backend's values cannot be read synchronously.
 */
export function currentWorkspace(): Workspace {
  const current = backend();
  if (isWasmBackend(current)) return backendMemory(current);
  checkSynchronousReads(current, getBackend());
  return privateMemory();
}
