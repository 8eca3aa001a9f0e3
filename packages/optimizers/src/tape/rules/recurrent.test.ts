import {beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';

import {proveSeparation} from '../prove.js';
import {record} from '../record.js';

// Batch, steps and features agree, so that an axis could be taken for another.
const N = 3;

describe.each([
  ['LstmSequence', layers.lstm, 4],
  ['GruSequence', layers.gru, 3],
] as const)('the proof for a layer as one kernel: %s', (kernelName, make, gates) => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
    ensureTrainingKernels();
  });

  const prove = (lossFn: (x: tf.Tensor) => tf.Tensor): readonly string[] => {
    const x = tf.tensor3d(
      Array.from({length: N ** 3}, (_, i) => Math.sin(i)),
      [N, N, N],
    );
    const recording = record(() => lossFn(x));
    try {
      proveSeparation(recording, recording.value, {batch: [x], axis: 0});
      return recording.calls.map(({kernel}) => kernel);
    } finally {
      recording.value.dispose();
      recording.dispose();
      x.dispose();
    }
  };
  const rowMeans = (tensor: tf.Tensor | tf.Tensor[]) => tf.mean(tensor as tf.Tensor, [1, 2]);
  const layer = make({units: N, recurrentInitializer: 'glorotUniform', returnSequences: true});

  test('holds where the examples lie along axis 0', () => {
    expect(prove((x) => rowMeans(layer.apply(x) as tf.Tensor))).toContain(kernelName);
  });

  test.each([
    [1, [1, 0, 2]],
    [2, [2, 1, 0]],
  ])('is refused where they lie along axis %i', (axis, permutation) => {
    const moved = (x: tf.Tensor) => rowMeans(layer.apply(tf.transpose(x, permutation)) as tf.Tensor);
    expect(() => prove(moved)).toThrow(`it recurs or sums over axis ${axis}, which holds the examples`);
  });

  test('is refused where weights depend on the examples', () => {
    const units = 2;
    const own = (x: tf.Tensor) => {
      // Some of the 9 values of each example.
      const kernel = tf.slice(tf.reshape(x, [N, N * N]), [0, 0], [N, gates * units]);
      const inputs = {x, kernel, recurrentKernel: tf.zeros([units, gates * units])};
      const [out] = tf.engine().runKernel<[tf.Tensor]>(kernelName, inputs, {hard: false});
      return rowMeans(out);
    };
    expect(() => prove(own)).toThrow('its kernel depends on the examples');
  });
});
