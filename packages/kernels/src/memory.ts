import {util, type DataId, type DataType, type KernelBackend, type TensorInfo} from '@tensorflow/tfjs-core';
import {instantiateKernels} from './instantiate.js';
import type {Workspace} from './workspace.js';

// Every touch of the tf.js wasm backend's internals is in this file.

interface TensorData {
  readonly memoryOffset: number;
  readonly dtype: DataType;
}

/** The part of tfjs-backend-wasm's BackendWasm that we stand on (4.22; not public API). */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: Readonly<Record<string, unknown>>;
    readonly HEAPU8: Uint8Array;
    _malloc?: (bytes: number) => number;
  };
  readonly dataIdMap: {get(dataId: DataId): TensorData};
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  disposeData(dataId: DataId): boolean;
  readSync(dataId: DataId): unknown;
  incRef(dataId: DataId): void;
}

/** A workspace inside the wasm backend's own memory. */
export interface BackendMemory extends Workspace {
  /** Byte address of a tensor's values. Throws for another dtype, and where tf.js ran out of memory. */
  address(tensor: TensorInfo, dtype?: DataType): number;
  /** A new output tensor of the backend (default: float32); its values are whatever the memory held. */
  output(shape: number[], dtype?: DataType): TensorInfo;
  /** A new float32 output tensor of zeros. */
  zeros(shape: number[]): TensorInfo;
}

export function isWasmBackend(backend: KernelBackend): backend is KernelBackend & WasmBackend {
  const {wasm, dataIdMap} = backend as Partial<WasmBackend>;
  return wasm?.asm !== undefined && dataIdMap !== undefined;
}

const memories = new WeakMap<WasmBackend, BackendMemory>();

/** The workspace in a wasm backend's memory, one for each backend instance. */
export function backendMemory(backend: WasmBackend): BackendMemory {
  let found = memories.get(backend);
  if (found === undefined) {
    found = link(backend);
    memories.set(backend, found);
  }
  return found;
}

/** Sizes are unsigned 32-bit integers there. */
const MAX_BYTES = 2 ** 32 - 1;

const guarded = new WeakSet();

/**
 * Makes a wasm backend throw where it has no memory left. By itself tf.js goes on with address 0, or with the size modulo 4 GiB, and
 * its kernels then write over whatever lies there: silently wrong numbers. Idempotent.
 */
export function refuseFailedAllocations({wasm}: WasmBackend): void {
  const {malloc} = wasm.asm as {readonly malloc?: (bytes: number) => number};
  if (malloc === undefined || guarded.has(wasm)) return;
  wasm._malloc = (bytes) => {
    const address = bytes > MAX_BYTES ? 0 : malloc(bytes);
    if (address === 0 && bytes > 0) throw outOfMemory(bytes);
    return address;
  };
  guarded.add(wasm);
}

function outOfMemory(bytes: number): Error {
  return new Error(
    `the wasm backend is out of memory: no ${bytes} bytes are free of its 4 GiB. ` +
      'Use smaller batches (or maxPhysicalBatch), and dispose of tensors or wrap their makers in tf.tidy',
  );
}

function link(backend: WasmBackend): BackendMemory {
  // By name, not instanceof: a shared buffer may come from another realm (a frame, a test's sandbox).
  if (Object.prototype.toString.call(backend.wasm.HEAPU8.buffer) === '[object SharedArrayBuffer]') {
    throw new Error(
      'the wasm backend runs with threads, on shared memory, where the kernels of @dp/kernels cannot be linked: ' +
        "import '@dp/kernels', which turns these threads off, before tf.setBackend('wasm')",
    );
  }
  const memory = backend.wasm.asm['memory'] as WebAssembly.Memory | undefined;
  if (memory === undefined) {
    throw new Error(
      'the wasm backend does not show its memory as wasm.asm.memory: @dp/kernels supports @tensorflow/tfjs-backend-wasm 4.22',
    );
  }
  const kernels = instantiateKernels(memory);
  refuseFailedAllocations(backend);

  const address = (tensor: TensorInfo, dtype: DataType = 'float32'): number => {
    if (tensor.dtype !== dtype) throw new Error(`the tensor must be ${dtype}, got ${tensor.dtype}`);
    const {memoryOffset} = backend.dataIdMap.get(tensor.dataId);
    // malloc failed, and tf.js went on with address 0.
    if (memoryOffset === 0 && tensor.shape.every((n) => n > 0)) {
      throw outOfMemory(util.sizeFromShape(tensor.shape) * util.bytesPerElement(dtype));
    }
    return memoryOffset;
  };

  const output = (shape: number[], dtype: DataType = 'float32'): TensorInfo => {
    const info = backend.makeOutput(shape, dtype);
    address(info, dtype); // so that running out of memory shows before anything is computed
    return info;
  };
  const zeros = (shape: number[]): TensorInfo => {
    const info = output(shape);
    new Float32Array(memory.buffer, address(info), util.sizeFromShape(shape)).fill(0);
    return info;
  };

  return {
    memory,
    kernels,
    address,
    output,
    zeros,
    allocate: (bytes) => {
      const info = zeros([Math.ceil(bytes / 4)]);
      return {
        get address() {
          return address(info);
        },
        dispose: () => void backend.disposeData(info.dataId),
      };
    },
    values: (tensor, dtype) => ({
      get address() {
        if (tensor.isDisposed) throw new Error('a tensor was disposed of while it was still in use');
        return address(tensor, dtype);
      },
      dispose: () => undefined,
    }),
  };
}
