import type {KernelExports} from './exports.js';
import {KERNELS_WASM_BASE64} from './generated/kernels_wasm.js';

let compiled: WebAssembly.Module | undefined;

/** Links the kernels to a memory. Synchronous: the module is a few kilobytes; it is compiled once. */
export function instantiateKernels(memory: WebAssembly.Memory): KernelExports {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(KERNELS_WASM_BASE64), (c) => c.charCodeAt(0)));
  const {exports} = new WebAssembly.Instance(compiled, {env: {memory}});
  return exports as unknown as KernelExports;
}
