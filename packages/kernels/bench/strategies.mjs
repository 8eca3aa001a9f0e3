// What the cost model chooses beside the other way of doing it, in turns in one run:
// node packages/kernels/bench/strategies.mjs (after npm run build).
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {explainParameter, openClipAndSum} from '@dp/kernels/on-demand';
import {interleaved, normal} from './measure.mjs';

await tf.setBackend('wasm');

const BATCH = 64;

const dense = (rows, columns) => ({
  kind: 'dense',
  x: normal([BATCH, 1, rows]),
  dy: normal([BATCH, 1, columns]),
});
const embedding = (positions, rows, width) => ({
  kind: 'embedding',
  indices: tf.tensor(
    Int32Array.from({length: BATCH * positions}, (_, i) => (i * 48271) % rows),
    [BATCH, positions],
    'int32',
  ),
  dy: normal([BATCH, positions, width]),
  rows,
});

/** One step; a second use at no position makes the gradient formed, and changes nothing else. */
const step = (parameter) => () => {
  const session = openClipAndSum([parameter]);
  for (let i = 0; i < BATCH; i++) {
    const norm = Math.sqrt(session.measure(i));
    session.accumulate(2 ** 20 / Math.max(1, norm));
  }
  session.sums();
  session.dispose();
};

for (const [title, size, contribution] of [
  ['dense 32 x 10', 320, dense(32, 10)],
  ['dense 512 x 32', 512 * 32, dense(512, 32)],
  ['dense 784 x 512', 784 * 512, dense(784, 512)],
  ['embedding 1000 x 32, 20 lookups', 32_000, embedding(20, 1000, 32)],
  ['embedding 65 x 64, 80 lookups', 65 * 64, embedding(80, 65, 64)],
]) {
  const chosen = {size, contributions: [contribution]};
  const formed = {size, contributions: [contribution, {kind: 'sum', dy: tf.zeros([BATCH, 0, size])}]};
  const [a, b] = interleaved([step(chosen), step(formed)]);
  const costs = [chosen, formed].map((parameter) => explainParameter(parameter));
  console.log(
    `${title.padEnd(34)} ${costs[0].strategy} ${a.toFixed(2)} ms (${costs[0].multiplyAdds} multiply-adds)   ` +
      `${costs[1].strategy} ${b.toFixed(2)} ms (${costs[1].multiplyAdds})`,
  );
}
