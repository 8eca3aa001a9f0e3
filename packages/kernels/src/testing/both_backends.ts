import {expect} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

export interface Values {
  readonly shape: number[];
  readonly values: number[];
}

/** Runs the same computation on the cpu backend and on wasm; fails if either leaves a tensor behind. */
export async function onBothBackends(compute: () => tf.Tensor): Promise<{cpu: Values; wasm: Values}> {
  return {cpu: await on('cpu', compute), wasm: await on('wasm', compute)};
}

async function on(name: string, compute: () => tf.Tensor): Promise<Values> {
  await tf.setBackend(name);
  const tensors = tf.memory().numTensors;
  const data = tf.engine().backend.numDataIds();
  const result = tf.tidy(compute);
  // -0 and 0 compare as different; kernels may produce either.
  const values = Array.from(result.dataSync(), (v) => v + 0);
  const {shape} = result;
  result.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
  expect(tf.engine().backend.numDataIds()).toBe(data);
  return {shape, values};
}

/** The values of one array are within a tolerance of the other, relative to the largest, or to `floor` if that is larger. */
export function expectClose(actual: Values, expected: Values, tolerance: number, floor = 1e-30): void {
  expect(actual.shape).toEqual(expected.shape);
  const scale = Math.max(floor, ...expected.values.map(Math.abs));
  const worst = Math.max(0, ...actual.values.map((v, i) => Math.abs(v - expected.values[i]!)));
  expect(worst / scale).toBeLessThanOrEqual(tolerance);
}
