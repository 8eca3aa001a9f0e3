import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {digitBatches} from './data/digit_batches.js';
import type {LabelledImages} from './data/labelled_images.js';

const BATCH = 1000;

/** The fraction of pictures whose largest logit is at their label. On private pictures this is not covered by epsilon. */
export function accuracy(model: LayersModel, examples: LabelledImages): number {
  const batches = digitBatches(examples);
  let correct = 0;
  for (let start = 0; start < examples.numExamples; start += BATCH) {
    const size = Math.min(BATCH, examples.numExamples - start);
    const indices = Int32Array.from({length: size}, (_, i) => start + i);
    correct += tf.tidy(() => {
      const {x, y} = batches.get(indices);
      const predicted = tf.argMax(model.predict(x) as tf.Tensor, 1);
      return tf.sum(tf.cast(tf.equal(predicted, tf.argMax(y, 1)), 'int32')).dataSync()[0] ?? 0;
    });
  }
  return correct / examples.numExamples;
}
