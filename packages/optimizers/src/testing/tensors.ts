import * as tf from '@tensorflow/tfjs-core';
import {seededSource} from '@dp/random';

/** Reproducible values for tests, roughly normal. */
export function normalValues(size: number, seed: number): Float32Array {
  const words = new Uint32Array(size * 4);
  seededSource(seed).fill(words);
  return Float32Array.from({length: size}, (_, i) => {
    let sum = 0;
    for (let j = 0; j < 4; j++) sum += (words[4 * i + j] as number) / 2 ** 32 - 0.5;
    return sum * Math.sqrt(3);
  });
}

/** A tensor of reproducible values. */
export function normalTensor(shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(normalValues(size, seed), [...shape]);
}

/** Reproducible one-hot labels [rows, classes]. */
export function oneHotLabels(rows: number, classes: number, seed: number): tf.Tensor {
  const words = new Uint32Array(rows);
  seededSource(seed).fill(words);
  return tf.cast(
    tf.oneHot(
      tf.tensor1d(
        Array.from(words, (word) => word % classes),
        'int32',
      ),
      classes,
    ),
    'float32',
  );
}
