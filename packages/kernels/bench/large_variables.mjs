// Per-example clip-and-sum of single variables that are larger than the cache, or used at many positions:
// node packages/kernels/bench/large_variables.mjs (after npm run build).
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {explainParameter, openClipAndSum} from '@dp/kernels/on-demand';
import {best, normal} from './measure.mjs';

await tf.setBackend('wasm');

const BATCH = 64;

const dense = (positions, rows, columns) => ({
  size: rows * columns,
  contributions: [
    {kind: 'dense', x: normal([BATCH, positions, rows]), dy: normal([BATCH, positions, columns])},
  ],
});
const embedding = (positions, rows, width) => ({
  size: rows * width,
  contributions: [
    {
      kind: 'embedding',
      indices: tf.tensor(
        Int32Array.from({length: BATCH * positions}, (_, i) => (i * 48271) % rows),
        [BATCH, positions],
        'int32',
      ),
      dy: normal([BATCH, positions, width]),
      rows,
    },
  ],
});
const convolution = (kind, x, dy, filterShape, strides, pads) => ({
  size: filterShape.reduce((a, b) => a * b, 1),
  contributions: [
    {kind, x: normal([BATCH, ...x]), dy: normal([BATCH, ...dy]), filterShape, strides, ...pads},
  ],
});
const [padFront, padTop, padLeft] = [1, 1, 1];

const parameters = {
  'dense 512x32': () => dense(1, 512, 32),
  'dense 1024x4096': () => dense(1, 1024, 4096),
  'dense 1024x4096, 16 positions': () => dense(16, 1024, 4096),
  'transformer 768x3072, 128 positions': () => dense(128, 768, 3072),
  'recurrent 321x1024, 80 positions': () => dense(80, 321, 1024),
  'embedding 20000x128, 80 lookups': () => embedding(80, 20000, 128),
  'conv3d 3x3x3x16x16 at 8x8x8': () =>
    convolution('conv3d', [8, 8, 8, 16], [8, 8, 8, 16], [3, 3, 3, 16, 16], [1, 1, 1], {
      padFront,
      padTop,
      padLeft,
    }),
  'depthwise 3x3x64 at 16x16': () =>
    convolution('depthwiseConv2d', [16, 16, 64], [16, 16, 64], [3, 3, 64, 1], [1, 1], {padTop, padLeft}),
};

const GRID = 2 ** -20;

for (const [name, make] of Object.entries(parameters)) {
  const parameter = make();
  const {strategy, multiplyAdds} = explainParameter(parameter);
  const session = openClipAndSum([parameter]);
  const milliseconds = best(() => {
    for (let i = 0; i < BATCH; i++) {
      const norm = Math.sqrt(session.measure(i));
      session.accumulate(1 / Math.max(1, norm) / GRID);
    }
    session.sums();
  }, 5);
  session.dispose();
  tf.dispose(parameter.contributions.flatMap(({x, dy, indices}) => [x, dy, indices].filter((t) => t)));
  console.log(
    `${name.padEnd(36)} ${strategy.padEnd(6)} ${(milliseconds / BATCH).toFixed(3)} ms an example ` +
      `(${((2 * multiplyAdds * BATCH) / milliseconds / 1e6).toFixed(1)} GFLOP/s)`,
  );
}
