import * as tf from '@tensorflow/tfjs-core';
import {DpError} from '@dp/optimizers';

import type {PieceTensors} from '../step/train_piece.js';
import type {SentPiece, SentTensor} from './protocol.js';

/** Copies a piece of a batch out, to be sent. Sensitive. */
export function sentPiece({x, y, weights}: PieceTensors): SentPiece {
  return {x: x.map(sent), y: y.map(sent), weights: weights.map((weight) => weight && sent(weight))};
}

/** The inverse, in the thread. */
export function receivedPiece({x, y, weights}: SentPiece): PieceTensors {
  return {
    x: x.map(received),
    y: y.map(received),
    weights: weights.map((weight) => weight && received(weight)),
  };
}

/** Memory that goes with a piece, and is given away. */
export function buffersOf({x, y, weights}: SentPiece): ArrayBuffer[] {
  const tensors = [...x, ...y, ...weights.filter((weight) => weight !== undefined)];
  return tensors.map(({values}) => values.buffer as ArrayBuffer);
}

function sent(tensor: tf.Tensor): SentTensor {
  const {shape, dtype} = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new DpError(
      'UNSUPPORTED',
      `a batch for workers must be of dtype float32, int32 or bool, got ${dtype}; use workers: 1 for others`,
    );
  }
  const values = tensor.dataSync<'float32'>();
  // What is sent is given away. The wasm backend returns a copy; another may return what it goes on using.
  return {values: tf.getBackend() === 'wasm' ? values : values.slice(), shape, dtype};
}

function received({values, shape, dtype}: SentTensor): tf.Tensor {
  return tf.tensor(values, [...shape], dtype);
}
