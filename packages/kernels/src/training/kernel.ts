import type {KernelFunc, NamedAttrMap, NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
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
  run(call: KernelCall, stock: KernelFunc | undefined): TensorInfo;
}

/** A required input of a kernel. */
export function input({inputs}: KernelCall, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`the kernel needs an input named '${name}'`);
  return tensor;
}

/** Hands a call to the backend's own kernel. */
export function delegate(stock: KernelFunc | undefined, kernelName: string, call: KernelCall): TensorInfo {
  if (stock === undefined)
    throw new Error(`the wasm backend has no kernel '${kernelName}' of its own for this case`);
  const {inputs, attrs, backend} = call;
  return stock({inputs, attrs, backend}) as TensorInfo;
}
