import type {Tensor} from '@tensorflow/tfjs-core';
import {checkWebAssembly, instantiateKernels} from './instantiate.js';
import type {Block, NumericDataType, Workspace} from './workspace.js';

const PAGE = 65536;
const ALIGNMENT = 16;

let single: Workspace | undefined;

/**
 * A workspace in a memory of our own, for backends that keep their values elsewhere. There is one for the whole
 * process: engines reserve gigabytes of address space for each WebAssembly memory.
 */
export function privateMemory(): Workspace {
  single ??= createPrivateMemory();
  return single;
}

/** @internal Exported for tests; use {@link privateMemory}. */
export function createPrivateMemory(): Workspace {
  checkWebAssembly();
  const memory = new WebAssembly.Memory({initial: 1});
  const kernels = instantiateKernels(memory);
  // Blocks in use, by address. First fit: sessions hold few blocks, and give all of them back.
  const blocks: {start: number; end: number}[] = [];

  const allocate = (bytes: number): Block => {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    let start = ALIGNMENT; // never address 0
    let index = 0;
    for (const block of blocks) {
      if (block.start - start >= size) break;
      start = block.end;
      index++;
    }
    grow(memory, start + size);
    const block = {start, end: start + size};
    blocks.splice(index, 0, block);
    new Uint8Array(memory.buffer, start, bytes).fill(0);
    return {
      address: start,
      dispose: () => {
        const at = blocks.indexOf(block);
        if (at >= 0) blocks.splice(at, 1);
      },
    };
  };

  return {
    memory,
    kernels,
    allocate,
    values: (tensor: Tensor, dtype: NumericDataType = 'float32') => {
      if (tensor.dtype !== dtype) throw new Error(`the tensor must be ${dtype}, got ${tensor.dtype}`);
      const block = allocate(tensor.size * 4);
      const Values = dtype === 'int32' ? Int32Array : Float32Array;
      new Values(memory.buffer, block.address, tensor.size).set(tensor.dataSync<NumericDataType>());
      return block;
    },
  };
}

function grow(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    throw new Error(
      `out of memory: the kernels need ${bytes} bytes, WebAssembly allows 4 GiB; use smaller batches`,
      {
        cause,
      },
    );
  }
}
