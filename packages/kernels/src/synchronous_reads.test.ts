import {expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {openClipAndSum} from './on_demand.js';
import {checkSynchronousReads} from './synchronous_reads.js';

test('a backend whose values come out as zeros is refused, and the same backend once it reads well', async () => {
  await tf.setBackend('cpu');
  const backend = tf.backend() as tf.KernelBackend & {readSync: (dataId: object) => unknown};
  const dy = tf.ones<tf.Rank.R3>([2, 1, 3]);
  const tensors = tf.memory().numTensors;
  const open = () => openClipAndSum([{size: 3, contributions: [{kind: 'sum', dy}]}]);
  const own = Object.getOwnPropertyDescriptor(backend, 'readSync');
  backend.readSync = () => new Float32Array(4096);
  try {
    expect(open).toThrow('the cpu backend returned 0 for a computed value of 0.1 when read synchronously');
  } finally {
    if (own === undefined) Reflect.deleteProperty(backend, 'readSync');
    else Object.defineProperty(backend, 'readSync', own);
  }
  const session = open();
  expect(session.measure(0)).toBe(3);
  session.dispose();
  checkSynchronousReads(backend, 'cpu');
  expect(tf.memory().numTensors).toBe(tensors);
});
