import {backend, type DataType, type KernelBackend, type Tensor} from '@tensorflow/tfjs-core';
import type {KernelExports} from './exports.js';
import {backendMemory, isWasmBackend} from './memory.js';
import {privateMemory} from './private_memory.js';

/** Four bytes a value. */
export type NumericDataType = Extract<DataType, 'float32' | 'int32'>;

/** A stretch of a workspace's memory. */
export interface Block {
  /** Byte address of the first value; read it anew for each call, never keep it. */
  readonly address: number;
  /** Gives the memory back, if it is ours. */
  dispose(): void;
}

/** A WebAssembly memory with the kernels linked to it. */
export interface Workspace {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelExports;
  /** Scratch of so many bytes, zero-filled, 8-byte aligned. */
  allocate(bytes: number): Block;
  /** A tensor's values (default: float32): in place where the backend keeps them here, otherwise a copy. */
  values(tensor: Tensor, dtype?: NumericDataType): Block;
}

/**
 * The workspace of a tf.js backend (default: the current one). The wasm backend's own memory is used without
 * copies; every other backend gets a private memory into which values are copied. Results are bit-equal.
 */
export function workspaceOf(kernelBackend: KernelBackend = backend()): Workspace {
  return isWasmBackend(kernelBackend) ? backendMemory(kernelBackend) : privateMemory();
}
