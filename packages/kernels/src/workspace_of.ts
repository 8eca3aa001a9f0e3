import {backend, type KernelBackend} from '@tensorflow/tfjs-core';
import {backendMemory, isWasmBackend} from './memory.js';
import {privateMemory} from './private_memory.js';
import type {Workspace} from './workspace.js';

/**
 * The workspace of a tf.js backend (default: the current one). The wasm backend's own memory is used without
 * copies; every other backend gets a private memory into which values are copied. Results are bit-equal.
 */
export function workspaceOf(kernelBackend: KernelBackend = backend()): Workspace {
  return isWasmBackend(kernelBackend) ? backendMemory(kernelBackend) : privateMemory();
}
