// What heap_end.test.ts runs: fills the wasm backend's memory to its end of 4 GiB, and says what still works, as JSON.
import * as tf from '@tensorflow/tfjs-core';

import '../index.js';
import {openClipAndSum} from '../on_demand.js';
import {isWasmBackend, type WasmBackend} from '../memory.js';

await tf.setBackend('wasm');
const backend = tf.backend();
if (!isWasmBackend(backend)) throw new Error('no wasm backend');
const wasm: WasmBackend = backend;

/** The error's message, or what was returned. */
function attempt(f: () => unknown): string {
  try {
    return `no error: ${String(f())}`;
  } catch (error) {
    return (error as Error).message;
  }
}

// A million values each: no output of theirs fits where 2 MiB are not free.
const a = tf.tidy(() => tf.reshape(tf.sin(tf.range(0, 2 ** 20)), [1024, 1024]));
const images = tf.tidy(() => tf.reshape<tf.Rank.R4>(tf.sin(tf.range(0, 2 ** 20)), [4, 128, 128, 16]));
const filter = tf.tidy(() => tf.reshape<tf.Rank.R4>(tf.cos(tf.range(0, 9 * 256)), [3, 3, 16, 16]));
const tokens = tf.tidy(() => tf.reshape(tf.sin(tf.range(0, 2 ** 13)), [4, 2, 1024]));
const sumOf = (tensor: tf.Tensor): number =>
  tensor.dataSync<'float32'>().reduce((sum, value) => sum + value, 0);
const before = [a, images, filter].map(sumOf);

const held: tf.TensorInfo[] = [];
let refusal = '';
for (let bytes = 2 ** 28; bytes >= 2 ** 20; bytes /= 2)
  for (;;) {
    // Memory that nobody writes to costs the machine nothing.
    refusal = attempt(() => held.push(wasm.makeOutput([bytes / 4], 'float32')));
    if (!refusal.startsWith('no error')) break;
  }
const fullBytes = wasm.wasm.HEAPU8.byteLength;
const numTensors = tf.memory().numTensors;

const refused = {
  fill: refusal,
  tooLarge: attempt(() => wasm.makeOutput([2 ** 30 + 1], 'float32')),
  upload: attempt(() => tf.tensor1d(new Float32Array(2 ** 20))),
  'a kernel of tf.js': attempt(() => tf.add(a, a)),
  'a kernel of ours': attempt(() => tf.matMul(a, a, true)),
  'a convolution': attempt(() => tf.conv2d(images, filter, 1, 'same')),
  gradient: attempt(() => tf.grad((x) => tf.sum(tf.matMul(x, a)))(a)),
  'clip and sum': attempt(() =>
    openClipAndSum([{size: 2 ** 20, contributions: [{kind: 'dense', x: tokens, dy: tokens}]}]),
  ),
};
const leaked = tf.memory().numTensors - numTensors;
const unchanged = [a, images, filter].map(sumOf).every((sum, i) => sum === before[i]);

for (const {dataId} of held) wasm.disposeData(dataId);
const product = tf.matMul(a, a, true).dataSync<'float32'>();
console.log(JSON.stringify({fullBytes, refused, leaked, unchanged, last: product[product.length - 1]}));
