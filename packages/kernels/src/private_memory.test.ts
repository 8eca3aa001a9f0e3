import {expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {createPrivateMemory} from './private_memory.js';
import type {Block} from './workspace.js';

test('blocks are zeroed, aligned, never overlap, and are found again after use', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.record({bytes: fc.nat({max: 50_000})}), fc.record({free: fc.nat({max: 20})})), {
        maxLength: 40,
      }),
      (steps) => {
        const workspace = createPrivateMemory();
        const live: {block: Block; bytes: number; mark: number}[] = [];
        const view = (block: Block, bytes: number) =>
          new Uint8Array(workspace.memory.buffer, block.address, bytes);
        steps.forEach((step, i) => {
          if ('free' in step) {
            const [gone] = live.splice(step.free % Math.max(1, live.length), 1);
            gone?.block.dispose();
            return;
          }
          const block = workspace.allocate(step.bytes);
          expect(block.address).toBeGreaterThan(0);
          expect(block.address % 16).toBe(0);
          expect(view(block, step.bytes).every((v) => v === 0)).toBe(true);
          view(block, step.bytes).fill((i % 255) + 1);
          live.push({block, bytes: step.bytes, mark: (i % 255) + 1});
        });
        for (const {block, bytes, mark} of live) {
          expect(view(block, bytes).every((v) => v === mark)).toBe(true);
        }
      },
    ),
  );
});

test('memory that was given back is used again', () => {
  const workspace = createPrivateMemory();
  for (let i = 0; i < 1000; i++) workspace.allocate(1_000_000).dispose();
  expect(workspace.memory.buffer.byteLength).toBeLessThan(2_000_000);
});

test('tensors of another dtype are refused', async () => {
  await tf.setBackend('cpu');
  const integers = tf.tensor1d([1, 2], 'int32');
  expect(() => createPrivateMemory().values(integers)).toThrow('the tensor must be float32, got int32');
  integers.dispose();
});

test('more than a WebAssembly memory can hold is refused with the remedy', () => {
  expect(() => createPrivateMemory().allocate(2 ** 33)).toThrow(/out of memory.*smaller batches/);
});
