import {beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {backendMemory, isWasmBackend, type WasmBackend} from './memory.js';
import {currentWorkspace} from './current_workspace.js';

/** A stand-in for the wasm backend, whose malloc answers what it is told to. */
function fakeBackend(options: {
  memory?: WebAssembly.Memory;
  shared?: boolean;
  address?: number;
}): WasmBackend {
  const memory = options.memory ?? new WebAssembly.Memory({initial: 1});
  const buffer = options.shared === true ? new SharedArrayBuffer(8) : memory.buffer;
  return {
    wasm: {asm: options.memory === undefined ? {memory} : {}, HEAPU8: new Uint8Array(buffer)},
    dataIdMap: {get: () => ({memoryOffset: options.address ?? 16, dtype: 'float32'})},
    makeOutput: (shape, dtype) => ({dataId: {}, shape, dtype}),
    disposeData: () => true,
    readSync: () => undefined,
    incRef: () => undefined,
  };
}

const info = (shape: number[], dtype: tf.DataType = 'float32'): tf.TensorInfo => ({dataId: {}, shape, dtype});

describe('the memory of the wasm backend', () => {
  test('address 0, which tf.js hands out when it runs out of memory, is refused with the remedy', () => {
    const memory = backendMemory(fakeBackend({address: 0}));
    expect(() => memory.address(info([2]))).toThrow(/out of memory.*4 GiB.*smaller batches/);
    expect(() => memory.output([2])).toThrow(/out of memory/);
    expect(() => memory.allocate(8)).toThrow(/out of memory/);
  });

  test('an empty tensor may lie anywhere', () => {
    expect(backendMemory(fakeBackend({address: 0})).address(info([0, 3]))).toBe(0);
  });

  test('another dtype is refused', () => {
    const memory = backendMemory(fakeBackend({}));
    expect(() => memory.address(info([2], 'int32'))).toThrow('the tensor must be float32, got int32');
    expect(() => memory.address(info([2]), 'int32')).toThrow('the tensor must be int32, got float32');
  });

  test('shared memory is refused with the remedy', () => {
    expect(() => backendMemory(fakeBackend({shared: true}))).toThrow(
      /import '@dp\/kernels'.*before tf.setBackend/,
    );
  });

  test('a backend of another make is refused', () => {
    const odd = fakeBackend({memory: new WebAssembly.Memory({initial: 1})});
    expect(() => backendMemory(odd)).toThrow(/supports @tensorflow\/tfjs-backend-wasm 4\.22/);
  });
});

describe('workspaces', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
    await tf.setBackend('wasm');
  });

  test('there is one for each backend', async () => {
    const wasm = currentWorkspace();
    expect(currentWorkspace()).toBe(wasm);
    expect(isWasmBackend(tf.backend())).toBe(true);
    await tf.setBackend('cpu');
    expect(isWasmBackend(tf.backend())).toBe(false);
    expect(currentWorkspace()).not.toBe(wasm);
    await tf.setBackend('wasm');
  });

  test('scratch lies between tensors and touches neither', () => {
    const before = tf.ones([1000]);
    const block = currentWorkspace().allocate(4000);
    const after = tf.ones([1000]);
    const scratch = new Float32Array(currentWorkspace().memory.buffer, block.address, 1000);
    expect(scratch.every((v) => v === 0)).toBe(true);
    scratch.fill(7);
    expect([...before.dataSync(), ...after.dataSync()].every((v) => v === 1)).toBe(true);
    block.dispose();
    tf.dispose([before, after]);
  });

  test('values are read where the backend keeps them, also after its memory has grown', () => {
    const tensor = tf.tensor1d([1, 2, 3]);
    const values = currentWorkspace().values(tensor);
    const {memory} = currentWorkspace();
    tf.zeros([memory.buffer.byteLength / 4 + 1]).dispose();
    expect([...new Float32Array(memory.buffer, values.address, 3)]).toEqual([1, 2, 3]);
    values.dispose();
    tensor.dispose();
  });
});
