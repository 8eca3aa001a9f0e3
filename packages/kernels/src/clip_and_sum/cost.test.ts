import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {disposeParameters, makeParameters, networkShapes} from '../testing/arbitrary_parameters.js';
import {generator, realValues} from '../testing/numbers.js';
import type {Workspace} from '../workspace.js';
import {currentWorkspace} from '../current_workspace.js';
import type {Contribution, PerExampleParameter} from './contribution.js';
import {explainParameter} from './cost.js';
import {openClipAndSumIn} from './session.js';

beforeAll(async () => {
  await tf.setBackend('wasm');
  tf.engine().startScope();
});
afterAll(() => {
  tf.engine().endScope();
});

const of = (size: number, ...contributions: Contribution[]) => explainParameter({size, contributions});
const dense = (positions: number, rows: number, columns: number): Contribution => ({
  kind: 'dense',
  x: tf.zeros([2, positions, rows]),
  dy: tf.zeros([2, positions, columns]),
});
const embedding = (positions: number, rows: number, width: number): Contribution => ({
  kind: 'embedding',
  indices: tf.zeros([2, positions], 'int32'),
  dy: tf.zeros([2, positions, width]),
  rows,
});

describe('explainParameter', () => {
  test('takes the outer product of a single dense position, and forms several', () => {
    expect(of(12, dense(1, 3, 4))).toEqual({
      strategy: 'outer',
      multiplyAdds: 3 + 4 + 12,
      scratchBytes: 64 * (3 * 16 + 8),
    });
    expect(of(12, dense(2, 3, 4))).toEqual({
      strategy: 'formed',
      multiplyAdds: 2 * 12 + 2 * 12,
      scratchBytes: 8 * (64 + 8) + 2 * 4 * (4 + 16),
    });
    expect(of(12, dense(1, 3, 4), dense(1, 3, 4)).strategy).toBe('formed');
  });

  test('takes the rows of an embedding, but not of one with other uses', () => {
    expect(of(3000, embedding(5, 1000, 3))).toEqual({
      strategy: 'rows',
      multiplyAdds: 15 + 30,
      scratchBytes: 4 * (1000 + 5 + 15),
    });
    expect(of(3000, embedding(5, 1000, 3), dense(1, 1000, 3))).toMatchObject({
      strategy: 'formed',
      multiplyAdds: 15 + 3000 + 6000,
    });
  });

  test('counts a convolution by its outputs, and its padded frame', () => {
    const [x, dy] = [tf.zeros([6, 5, 5, 2]), tf.zeros([6, 5, 5, 4])];
    const images = {x, dy, imagesPerExample: 3, strides: [1, 1] as const, padTop: 1, padLeft: 1};
    expect(of(72, {kind: 'conv2d', ...images, filterShape: [3, 3, 2, 4]})).toEqual({
      strategy: 'formed',
      multiplyAdds: 3 * 25 * 72 + 2 * 72,
      scratchBytes: 8 * (5 * 64 + 8) + 4 * 7 * 7 * 2,
    });
    expect(of(36, {kind: 'depthwiseConv2d', ...images, filterShape: [3, 3, 2, 2]})).toEqual({
      strategy: 'formed',
      multiplyAdds: 3 * 25 * 36 + 2 * 36,
      scratchBytes: 8 * (3 * 64 + 8),
    });
  });

  test('knows a parameter that nothing depends on, and refuses sizes that disagree', () => {
    expect(of(9)).toEqual({strategy: 'none', multiplyAdds: 0, scratchBytes: 0});
    expect(() => of(13, dense(1, 3, 4))).toThrow(
      'parameter.contributions[0]: coordinates of the gradient must be 13, got 12',
    );
  });
});

/** A workspace that counts the bytes of its blocks. */
function counting(workspace: Workspace): Workspace & {bytes: number} {
  return {
    ...workspace,
    bytes: 0,
    allocate(bytes) {
      this.bytes += bytes;
      return workspace.allocate(bytes);
    },
  };
}

/** What a session allocates, that measures and adds every example of a batch. */
function allocated(parameters: PerExampleParameter[], batch: number, group?: number): number {
  const workspace = counting(currentWorkspace());
  const session = openClipAndSumIn(workspace, parameters);
  for (let i = 0; i < batch; i++) {
    if (group === undefined) session.measure(i);
    else session.measureGroup(Array(group).fill(i) as number[], 0.5);
    session.accumulate(1);
  }
  session.sums();
  session.dispose();
  return workspace.bytes;
}

const seeds = fc.integer({min: 0, max: 2 ** 30});

describe('the memory of a session', () => {
  test('is what the cost model says, and 8 bytes a coordinate for the sums', () => {
    fc.assert(
      fc.property(networkShapes, seeds, (shapes, seed) => {
        const parameters = makeParameters(shapes, 2, generator(seed), realValues);
        const estimate = parameters.reduce(
          (bytes, parameter) => bytes + 8 * parameter.size + explainParameter(parameter).scratchBytes,
          0,
        );
        const bytes = allocated(parameters, 2);
        expect(bytes).toBeGreaterThanOrEqual(estimate);
        // Panels of convolutions: at most 8 KiB each.
        const uses = parameters.reduce((n, {contributions}) => n + contributions.length, 0);
        expect(bytes).toBeLessThanOrEqual(estimate + uses * 8192);
        disposeParameters(parameters);
      }),
      {numRuns: 60},
    );
  });

  test('does not grow with the batch, nor do the tensors of the wasm backend', () => {
    fc.assert(
      fc.property(
        networkShapes,
        seeds,
        fc.option(fc.integer({min: 2, max: 3}), {nil: undefined}),
        (shapes, seed, group) => {
          const [small, large] = [2, 150].map((batch) => {
            const parameters = makeParameters(shapes, batch, generator(seed), realValues);
            const before = tf.engine().backend.numDataIds();
            const bytes = allocated(parameters, batch, group);
            expect(tf.engine().backend.numDataIds()).toBe(before);
            disposeParameters(parameters);
            return bytes;
          });
          expect(large).toBe(small);
        },
      ),
      {numRuns: 40},
    );
  });
});
