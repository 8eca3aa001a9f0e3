import * as tf from '@tensorflow/tfjs-core';
import type {RandomAccessDataset} from '@dp/keras';

import type {LabelledImages} from './labelled_images.js';

const PIXELS = 28 * 28;
const CLASSES = 10;

/** Batches of pictures as [B, 28, 28, 1] with values 0 to 1, and one-hot labels [B, 10]. Sensitive. */
export function digitBatches({
  images,
  labels,
  numExamples,
}: LabelledImages): RandomAccessDataset<{x: tf.Tensor; y: tf.Tensor}> {
  return {
    numExamples,
    get(indices) {
      const x = new Float32Array(indices.length * PIXELS);
      const y = new Float32Array(indices.length * CLASSES);
      indices.forEach((index, row) => {
        for (let p = 0; p < PIXELS; p++) x[row * PIXELS + p] = (images[index * PIXELS + p] as number) / 255;
        y[row * CLASSES + (labels[index] as number)] = 1;
      });
      return {
        x: tf.tensor4d(x, [indices.length, 28, 28, 1]),
        y: tf.tensor2d(y, [indices.length, CLASSES]),
      };
    },
  };
}
