import {
  util,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type {BackendMemory, WasmBackend} from '../memory.js';

/** One call of a kernel on the wasm backend. */
export interface KernelCall {
  readonly inputs: NamedTensorInfoMap;
  readonly attrs: NamedAttrMap;
  readonly backend: WasmBackend;
  /** The backend's memory, with our kernels linked to it. */
  readonly memory: BackendMemory;
}

/** A tf.js kernel of this package, to be registered on top of the backend's own or where it has none. */
export interface TrainingKernel {
  readonly kernelName: string;
  /** stock: the backend's own kernel, if it has one, for the cases that it does well. */
  run(call: KernelCall, stock: KernelFunc | undefined): TensorInfo | TensorInfo[];
}

/** A required input of a kernel. */
export function input({inputs}: KernelCall, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`the kernel needs an input named '${name}'`);
  return tensor;
}

/**
 * A required input that must have this shape: the kernels read as many values as the other inputs imply, and
 * beyond the end of this one lie other tensors.
 */
export function inputOf(call: KernelCall, name: string, shape: readonly number[]): TensorInfo {
  const tensor = input(call, name);
  util.assert(
    util.arraysEqual(tensor.shape, [...shape]),
    () => `the kernel's input '${name}' must have the shape [${shape.join()}], got [${tensor.shape.join()}]`,
  );
  return tensor;
}

/** The inputs of a kernel that takes a list of tensors. */
export function inputList({inputs}: KernelCall): TensorInfo[] {
  return inputs as unknown as TensorInfo[];
}

/** Hands a call to the backend's own kernel. */
export function delegate(stock: KernelFunc | undefined, kernelName: string, call: KernelCall): TensorInfo {
  return delegateAll(stock, kernelName, call) as TensorInfo;
}

/** The same for a kernel of several outputs. */
export function delegateAll(
  stock: KernelFunc | undefined,
  kernelName: string,
  {inputs, attrs, backend}: KernelCall,
): TensorInfo | TensorInfo[] {
  if (stock === undefined)
    throw new Error(`the wasm backend has no kernel '${kernelName}' of its own for this case`);
  return stock({inputs, attrs, backend});
}
