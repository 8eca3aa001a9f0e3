// The per-example clip-and-sum of the tutorial's CNN, batch 256: node packages/kernels/bench/clip_and_sum.mjs
// (after npm run build). Forms every example's gradient, measures it, clips it, and adds it to the exact sums.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {openClipAndSum} from '@dp/kernels/on-demand';
import {best, normal} from './measure.mjs';

await tf.setBackend('wasm');

const BATCH = 256;
const sum = (dy) => ({kind: 'sum', dy});
const parameters = {
  'conv1 8x8x1x16': {
    size: 1024,
    contributions: [
      {
        kind: 'conv2d',
        x: normal([BATCH, 28, 28, 1]),
        dy: normal([BATCH, 14, 14, 16]),
        filterShape: [8, 8, 1, 16],
        strides: [2, 2],
        padTop: 3,
        padLeft: 3,
      },
    ],
    flops: 2 * 196 * 64 * 16,
  },
  'conv1 bias': {size: 16, contributions: [sum(normal([BATCH, 196, 16]))], flops: 0},
  'conv2 4x4x16x32': {
    size: 8192,
    contributions: [
      {
        kind: 'conv2d',
        x: normal([BATCH, 13, 13, 16]),
        dy: normal([BATCH, 5, 5, 32]),
        filterShape: [4, 4, 16, 32],
        strides: [2, 2],
        padTop: 0,
        padLeft: 0,
      },
    ],
    flops: 2 * 25 * 256 * 32,
  },
  'conv2 bias': {size: 32, contributions: [sum(normal([BATCH, 25, 32]))], flops: 0},
  'dense 512x32': {
    size: 512 * 32,
    contributions: [{kind: 'dense', x: tf.relu(normal([BATCH, 1, 512])), dy: normal([BATCH, 1, 32])}],
    flops: 0,
  },
  'dense bias': {size: 32, contributions: [sum(normal([BATCH, 1, 32]))], flops: 0},
  'logits 32x10': {
    size: 320,
    contributions: [{kind: 'dense', x: normal([BATCH, 1, 32]), dy: normal([BATCH, 1, 10])}],
    flops: 0,
  },
  'logits bias': {size: 10, contributions: [sum(normal([BATCH, 1, 10]))], flops: 0},
};

const GRID = 2 ** -20;

function step(chosen, accumulate) {
  const session = openClipAndSum(chosen);
  for (let i = 0; i < BATCH; i++) {
    const norm = Math.sqrt(session.measure(i));
    if (accumulate) session.accumulate(1 / Math.max(1, norm) / GRID);
  }
  const sums = session.sums();
  session.dispose();
  return sums;
}

for (const [name, parameter] of [...Object.entries(parameters), ['all', undefined]]) {
  const chosen = parameter ? [parameter] : Object.values(parameters);
  const flops = BATCH * chosen.reduce((total, {flops}) => total + flops, 0);
  const measure = best(() => step(chosen, false));
  const both = best(() => step(chosen, true));
  console.log(
    `${name.padEnd(16)} measure ${measure.toFixed(2)} ms (${(flops / measure / 1e6).toFixed(1)} GFLOP/s)   measure + accumulate ${both.toFixed(2)} ms`,
  );
}
