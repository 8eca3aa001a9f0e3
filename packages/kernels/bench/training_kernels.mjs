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
  const [a, b] = interleaved(theirs ? [call(ours), call(theirs)] : [call(ours)]);
  const speed = (ms) => (flops ? ` (${(flops / ms / 1e6).toFixed(1)} GFLOP/s)` : '');
  console.log(
    `${title.padEnd(44)} ${a.toFixed(2)} ms${speed(a)}   stock ${b === undefined ? 'none' : `${b.toFixed(2)} ms${speed(b)}`}`,
  );
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
