// The training kernels beside the wasm backend's own, in turns in one run:
// node packages/kernels/bench/training_kernels.mjs (after npm run build).
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';
import {interleaved, normal} from './measure.mjs';

await tf.setBackend('wasm');
const stock = new Map(tf.getKernelsForBackend('wasm').map((k) => [k.kernelName, k.kernelFunc]));
ensureTrainingKernels();

const BATCH = 256;
const backend = tf.backend();

function compare(title, flops, kernelName, inputs, attrs) {
  const call = (kernelFunc) => () => {
    for (const info of [kernelFunc({inputs, attrs, backend})].flat()) backend.disposeData(info.dataId);
  };
  const ours = tf.getKernel(kernelName, 'wasm').kernelFunc;
  const theirs = stock.get(kernelName);
  const speed = (ms) => (flops ? ` (${(flops / ms / 1e6).toFixed(1)} GFLOP/s)` : '');
  const text = (ms) => `${Number(ms.toPrecision(2))} ms${speed(ms)}`;
  if (ours === theirs) {
    const [ms] = interleaved([call(theirs)]);
    console.log(`${title.padEnd(44)} left to the backend   stock ${text(ms)}`);
    return;
  }
  const [a, b] = interleaved(theirs ? [call(ours), call(theirs)] : [call(ours)]);
  console.log(`${title.padEnd(44)} ${text(a)}   stock ${b === undefined ? 'none' : text(b)}`);
}

const conv = {strides: 2, dataFormat: 'NHWC'};
compare(
  'conv1 filter gradient 8x8 s2, 28x28x1 -> 16',
  2 * BATCH * 196 * 64 * 16,
  'Conv2DBackpropFilter',
  {x: normal([BATCH, 28, 28, 1]), dy: normal([BATCH, 14, 14, 16])},
  {...conv, pad: 'same', filterShape: [8, 8, 1, 16]},
);
compare(
  'conv2 filter gradient 4x4 s2, 13x13x16 -> 32',
  2 * BATCH * 25 * 256 * 32,
  'Conv2DBackpropFilter',
  {x: normal([BATCH, 13, 13, 16]), dy: normal([BATCH, 5, 5, 32])},
  {...conv, pad: 'valid', filterShape: [4, 4, 16, 32]},
);
compare(
  'conv2 input gradient',
  2 * BATCH * 25 * 256 * 32,
  'Conv2DBackpropInput',
  {dy: normal([BATCH, 5, 5, 32]), filter: normal([4, 4, 16, 32])},
  {...conv, pad: 'valid', inputShape: [BATCH, 13, 13, 16]},
);
compare(
  '3x3 s1 same 28x28x32 -> 64, batch 16, filter',
  2 * 16 * 784 * 9 * 32 * 64,
  'Conv2DBackpropFilter',
  {x: normal([16, 28, 28, 32]), dy: normal([16, 28, 28, 64])},
  {...conv, strides: 1, pad: 'same', filterShape: [3, 3, 32, 64]},
);
compare(
  '3x3 s1 same 28x28x32 -> 64, batch 16, input',
  2 * 16 * 784 * 9 * 32 * 64,
  'Conv2DBackpropInput',
  {dy: normal([16, 28, 28, 64]), filter: normal([3, 3, 32, 64])},
  {...conv, strides: 1, pad: 'same', inputShape: [16, 28, 28, 32]},
);
compare(
  '3x3 s1 same 28x28x1 -> 32, filter',
  2 * BATCH * 784 * 9 * 32,
  'Conv2DBackpropFilter',
  {x: normal([BATCH, 28, 28, 1]), dy: normal([BATCH, 28, 28, 32])},
  {...conv, strides: 1, pad: 'same', filterShape: [3, 3, 1, 32]},
);
const pooled = normal([BATCH, 14, 14, 16]);
compare(
  'max pool 2x2 s1 gradient 14x14x16',
  0,
  'MaxPoolGrad',
  {dy: normal([BATCH, 13, 13, 16]), input: pooled, output: tf.maxPool(pooled, 2, 1, 'valid')},
  {filterSize: 2, strides: 1, pad: 'valid'},
);

for (const [m, k, n] of [
  [64, 256, 1024],
  [256, 512, 32],
  [5120, 256, 1024],
  [256, 32, 10],
]) {
  const flops = 2 * m * k * n;
  const product = (title, a, b, transposeA, transposeB) =>
    compare(
      `${title} ${m} x ${k} x ${n}`,
      flops,
      'BatchMatMul',
      {a: normal(a), b: normal(b)},
      {transposeA, transposeB},
    );
  product('a b', [m, k], [k, n], false, false);
  product('a^T b', [k, m], [k, n], true, false);
  product('a b^T', [m, k], [n, k], false, true);
}
compare(
  'a b, 8 batches of 64 x 256 x 256',
  8 * 2 * 64 * 256 * 256,
  'BatchMatMul',
  {a: normal([8, 64, 256]), b: normal([8, 256, 256])},
  {transposeA: false, transposeB: false},
);
compare(
  'a^T b, 8 batches of 64 x 256 x 256',
  8 * 2 * 64 * 256 * 256,
  'BatchMatMul',
  {a: normal([8, 256, 64]), b: normal([8, 256, 256])},
  {transposeA: true, transposeB: false},
);
compare(
  'segment sum 5120 x 256 into 65',
  0,
  'UnsortedSegmentSum',
  {
    x: normal([5120, 256]),
    segmentIds: tf.tensor1d(
      Int32Array.from({length: 5120}, (_, i) => (i * 31) % 65),
      'int32',
    ),
  },
  {numSegments: 65},
);

// Values of one activation of the tutorial's network, and of a language model's logits.
const activation = normal([BATCH, 14, 14, 16]);
const rows = tf.reshape(activation, [-1, 16]);
const logits = normal([5120, 65]);
compare('bias sum 50176 x 16', 0, 'Sum', {x: rows}, {axis: [0], keepDims: false});
compare('sum over the last axis 50176 x 16', 0, 'Sum', {x: rows}, {axis: [1], keepDims: false});
compare('exp, 802816 values', 0, 'Exp', {x: activation}, {});
compare('tanh, 802816 values', 0, 'Tanh', {x: activation}, {});
compare('sigmoid, 802816 values', 0, 'Sigmoid', {x: activation}, {});
compare('softmax 5120 x 65', 0, 'Softmax', {logits}, {dim: 1});
compare('relu, 802816 values', 0, 'Relu', {x: activation}, {});
compare('step (mask of relu), 802816 values', 0, 'Step', {x: activation}, {alpha: 0});
compare('multiply, 802816 values', 0, 'Multiply', {a: activation, b: activation}, {});
const pool = {filterSize: 2, strides: 1, pad: 'valid'};
compare('max pool 2x2 s1, 14x14x16', 0, 'MaxPool', {x: activation}, pool);
compare('average pool 2x2 s1, 14x14x16', 0, 'AvgPool', {x: activation}, pool);
const parts = [0, 1, 2, 3].map(() => normal([64, 256]));
compare('concat 4 of 64 x 256', 0, 'Concat', parts, {axis: 1});
compare(
  'slice 64 x 256 of 64 x 1024',
  0,
  'Slice',
  {x: normal([64, 1024])},
  {begin: [0, 256], size: [64, 256]},
);
compare(
  'conv1 8x8 s2, 28x28x1 -> 16',
  2 * BATCH * 196 * 64 * 16,
  'Conv2D',
  {x: normal([BATCH, 28, 28, 1]), filter: normal([8, 8, 1, 16])},
  {...conv, pad: 'same', dilations: 1},
);
compare(
  'conv2 4x4 s2, 13x13x16 -> 32',
  2 * BATCH * 25 * 256 * 32,
  'Conv2D',
  {x: normal([BATCH, 13, 13, 16]), filter: normal([4, 4, 16, 32])},
  {...conv, pad: 'valid', dilations: 1},
);
