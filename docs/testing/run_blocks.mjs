// Runs the JavaScript blocks of a page, in their order, each as a module of its own: node run_blocks.mjs PAGE
// What a page takes for granted is global: tf, layers and sequential, a compiled-to-be `model`, records `x`, `y`, a `dataset` of them.
import '@dp/kernels';
import * as tf from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

await tf.setBackend('wasm');
const {layers, sequential} = tfLayers;
const numExamples = 512;
const x = tf.randomNormal([numExamples, 4]);
const y = tf.cast(tf.oneHot(tf.argMax(tf.slice(x, [0, 0], [-1, 3]), 1), 3), 'float32');
Object.assign(globalThis, {
  tf,
  layers,
  sequential,
  numExamples,
  x,
  y,
  model: sequential({layers: [layers.dense({inputShape: [4], units: 3, activation: 'softmax'})]}),
  dataset: {numExamples, get: (indices) => ({x: tf.gather(x, indices), y: tf.gather(y, indices)})},
});

const [page] = process.argv.slice(2);
const blocks = [...readFileSync(page, 'utf8').matchAll(/^```js\n([^]*?)^```/gm)].map(([, code]) => code);
// In the workspace, where the packages are found.
const folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), 'blocks-'));
try {
  for (const [i, code] of blocks.entries()) {
    const file = join(folder, `${i}.mjs`);
    writeFileSync(file, code);
    try {
      await import(pathToFileURL(file));
    } catch (error) {
      throw new Error(`block ${i + 1} of ${page} failed:\n${code}`, {cause: error});
    }
  }
} finally {
  rmSync(folder, {recursive: true});
}
console.log(`${blocks.length} blocks ran`);
