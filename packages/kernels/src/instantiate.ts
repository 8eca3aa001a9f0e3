import type {KernelExports} from './exports.js';
import {KERNELS_WASM_BASE64} from './generated/kernels_wasm.js';

let compiled: WebAssembly.Module | undefined;

/**
 * Links the kernels to a memory. Synchronous: the module is a few kilobytes; it is compiled once.
 *
 * @throws Error where the engine has no WebAssembly, or none with SIMD.
 */
export function instantiateKernels(memory: WebAssembly.Memory): KernelExports {
  compiled ??= compile();
  const {exports} = new WebAssembly.Instance(compiled, {env: {memory}});
  return exports as unknown as KernelExports;
}

/** @throws Error where the engine has no WebAssembly: call it before a memory is made. */
export function checkWebAssembly(): void {
  if ('WebAssembly' in globalThis) return;
  throw new Error(`this engine has no WebAssembly, which ${NEEDED}`);
}

function compile(): WebAssembly.Module {
  checkWebAssembly();
  const bytes = Uint8Array.from(atob(KERNELS_WASM_BASE64), (c) => c.charCodeAt(0));
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw new Error(`this engine's WebAssembly has no SIMD, or may not be compiled here, which ${NEEDED}`, {
      cause,
    });
  }
}

const NEEDED =
  'the kernels of @dp/kernels need: private steps on every backend, and training on the wasm backend. Use Node 16.4, Chrome 91, ' +
  'Firefox 89, Safari 16.4 or later, without --jitless or a policy against WebAssembly; for training that is not private, ' +
  "leave @dp/kernels out and call tf.setBackend('cpu')";
