import * as tf from '@tensorflow/tfjs-core';
import type {Contribution, SumContribution} from '@dp/kernels/on-demand';

import {DpError} from '../errors.js';

/** Example i's gradient written out, [B, 1, n]: for parameters that have to be traced further back. Sensitive. */
export function explicitGradient(
  contribution: Contribution,
  batchSize: number,
  name: string,
): SumContribution {
  const gradients = written(contribution, batchSize, name);
  return {kind: 'sum', dy: tf.reshape(gradients, [batchSize, 1, gradients.size / batchSize])};
}

function written(contribution: Contribution, batchSize: number, name: string): tf.Tensor {
  switch (contribution.kind) {
    case 'sum':
      return tf.sum(contribution.dy, 1);
    case 'dense':
      return tf.matMul(contribution.x, contribution.dy, true, false);
    case 'embedding': {
      const {indices, dy, rows} = contribution;
      return eachExample(batchSize, (i) =>
        tf.unsortedSegmentSum(
          tf.squeeze(tf.slice(dy, i, 1), [0]),
          tf.squeeze(tf.slice(indices, i, 1), [0]),
          rows,
        ),
      );
    }
    case 'conv2d': {
      const {x, dy, filterShape, strides, padTop, padLeft} = contribution;
      const images = x.shape[0] / batchSize;
      const behind = (axis: 1 | 2, padded: number) =>
        Math.max(
          0,
          ((dy.shape[axis] ?? 1) - 1) * (strides[axis - 1] ?? 1) +
            (filterShape[axis - 1] ?? 1) -
            (x.shape[axis] ?? 1) -
            padded,
        );
      const pad = [
        [0, 0],
        [padTop, behind(1, padTop)],
        [padLeft, behind(2, padLeft)],
        [0, 0],
      ];
      const attrs = {strides, pad, dataFormat: 'NHWC', filterShape};
      return eachExample(batchSize, (i) =>
        tf
          .engine()
          .runKernel<tf.Tensor>(
            tf.Conv2DBackpropFilter,
            {x: tf.slice(x, i * images, images), dy: tf.slice(dy, i * images, images)},
            attrs,
          ),
      );
    }
    default:
      throw new DpError(
        'NO_RULE',
        `a filter of kind ${contribution.kind} was computed from variable '${name}': per-example gradients are formed for ` +
          'variables and reshapes of them. Use the variable itself',
      );
  }
}

function eachExample(batchSize: number, gradient: (example: number) => tf.Tensor): tf.Tensor {
  return tf.stack(Array.from({length: batchSize}, (_, i) => gradient(i)));
}
