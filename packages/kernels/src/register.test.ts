import {afterEach, beforeAll, describe, expect, jest, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {ensureTrainingKernels} from './on_demand.js';

// In this order: the on-demand entry must not bring a wasm backend along.

const OVERRIDDEN = ['BatchMatMul', '_FusedMatMul', 'Conv2DBackpropInput', 'MaxPoolGrad'];
const ADDED = [
  'Conv2DBackpropFilter',
  'UnsortedSegmentSum',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
];

const functions = () =>
  [...OVERRIDDEN, ...ADDED]
    .map((name) => tf.getKernel(name, 'wasm') as tf.KernelConfig | undefined)
    .map((k) => k?.kernelFunc);

describe('the on-demand entry', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  afterEach(() => {
    expect(warn).not.toHaveBeenCalled();
  });

  test('registers no backend, and leaves other backends alone', () => {
    ensureTrainingKernels();
    expect(tf.findBackend('wasm')).toBeNull();
    expect(tf.getKernelsForBackend('wasm')).toEqual([]);
  });

  test('puts the kernels on top of a wasm backend that is in use, once', async () => {
    await import('@tensorflow/tfjs-backend-wasm');
    await tf.setBackend('wasm');
    const stock = functions();
    expect(stock.slice(OVERRIDDEN.length)).toEqual(ADDED.map(() => undefined));
    ensureTrainingKernels();
    const ours = functions();
    ours.forEach((kernelFunc, i) => {
      expect(kernelFunc).toBeDefined();
      expect(kernelFunc).not.toBe(stock[i]);
    });
    ensureTrainingKernels();
    expect(functions()).toEqual(ours);
  });

  test('and the main entry after it changes nothing', async () => {
    const ours = functions();
    await import('./index.js');
    expect(functions()).toEqual(ours);
  });

  test('the kernels work', () => {
    tf.tidy(() => {
      const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
      expect([...tf.matMul(a, a, true).dataSync()]).toEqual([10, 14, 14, 20]);
    });
  });
});
