import * as tf from '@tensorflow/tfjs-core';

/** Tensors of one batch, or of all data: one, or one an input (or output) of the model. */
export type Tensors = tf.Tensor | readonly tf.Tensor[];

/** Records with their labels. Examples are at axis 0 of every tensor. Sensitive. */
export interface Examples {
  readonly x: Tensors;
  readonly y: Tensors;
  /** One weight a record, [B], that depends on its own record alone (privacy rule 13). */
  readonly sampleWeight?: tf.Tensor;
}

/** Records that can be fetched by index, as sampling needs. What it returns is sensitive. */
export interface RandomAccessDataset<E extends Examples = Examples> {
  /** N, a declared public constant. */
  readonly numExamples: number;
  /** The records at `indices` (at least one), examples at axis 0 of all tensors. The caller disposes them. */
  get(indices: Int32Array): E;
}

/** One tensor or several, as a list. */
export function listOf(tensors: Tensors): readonly tf.Tensor[] {
  return tensors instanceof tf.Tensor ? [tensors] : tensors;
}

/** Tensors in memory, all of N rows, as a data set. It does not own them. */
export function tensorDataset({x, y, sampleWeight}: Examples): RandomAccessDataset {
  const numExamples = listOf(x)[0]?.shape[0] ?? 0;
  return {
    numExamples,
    get(indices) {
      const at = tf.tensor1d(indices, 'int32');
      const rows = (tensors: Tensors): tf.Tensor[] => listOf(tensors).map((tensor) => tf.gather(tensor, at));
      const batch = {
        x: rows(x),
        y: rows(y),
        ...(sampleWeight !== undefined && {sampleWeight: tf.gather(sampleWeight, at)}),
      };
      at.dispose();
      return batch;
    },
  };
}
