import type * as tf from '@tensorflow/tfjs-core';

/** Records that can be fetched by index, as sampling needs. What it returns is sensitive. */
export interface RandomAccessDataset {
  /** N, a declared public constant. */
  readonly numExamples: number;
  /** The records at `indices` (at least one), examples at axis 0 of both tensors. The caller disposes them. */
  get(indices: Int32Array): {readonly x: tf.Tensor; readonly y: tf.Tensor};
}
