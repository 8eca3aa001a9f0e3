import type {DataType, Tensor} from '@tensorflow/tfjs-core';
import type {KernelExports} from './exports.js';

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
