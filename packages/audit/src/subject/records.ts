import * as tf from '@tensorflow/tfjs-core';

import {AuditError} from '../errors.js';
import type {Records} from './subject.js';

type Values = Float32Array | Int32Array | Uint8Array;

/** One record, as plain numbers. Sensitive. */
export interface RecordValues {
  readonly x: Values;
  readonly y: Values;
}

/** The shapes that records have. */
export type RecordForm = Pick<Records, 'x' | 'y'>;

/** The records of a pair of tensors, one by one. */
export function recordsOf({x, y}: Records): RecordValues[] {
  const [count = 0] = x.shape;
  if (count === 0 || y.shape[0] !== count) {
    throw new AuditError(
      `records must hold at least one example, as many in x as in y; got shapes [${x.shape.join()}] and [${y.shape.join()}]`,
    );
  }
  const [xs, ys] = [x.dataSync<'float32' | 'int32' | 'bool'>(), y.dataSync<'float32' | 'int32' | 'bool'>()];
  const row = (values: Values, i: number): Values => {
    const size = values.length / count;
    return values.slice(i * size, (i + 1) * size);
  };
  return Array.from({length: count}, (_, i) => ({x: row(xs, i), y: row(ys, i)}));
}

/** A batch of records as tensors of the form's shapes and types. The caller disposes them. */
export function batchOf(records: readonly RecordValues[], form: RecordForm): Records {
  const stacked = (part: 'x' | 'y'): tf.Tensor => {
    const {shape, dtype} = form[part];
    const size = shape.slice(1).reduce((product, length) => product * length, 1);
    const values = new Float32Array(records.length * size);
    records.forEach((record, i) => values.set(record[part], i * size));
    return tf.tensor(
      dtype === 'int32' ? Int32Array.from(values) : values,
      [records.length, ...shape.slice(1)],
      dtype,
    );
  };
  return {x: stacked('x'), y: stacked('y')};
}
