import '@dp/kernels';
import * as tf from './tfjs.mjs';

await tf.setBackend('wasm');
const {layers, sequential} = tf;

/** A model that is not compiled, records `x`, `y` of three classes, and a `dataset` of them. Made anew for each page. */
export function commonSetting() {
  const numExamples = 512;
  const x = tf.randomNormal([numExamples, 4], 0, 1, 'float32', 1);
  const y = tf.cast(tf.oneHot(tf.argMax(tf.slice(x, [0, 0], [-1, 3]), 1), 3), 'float32');
  return {
    tf,
    layers,
    sequential,
    numExamples,
    x,
    y,
    model: sequential({layers: [layers.dense({inputShape: [4], units: 3, activation: 'softmax'})]}),
    dataset: {numExamples, get: (indices) => ({x: tf.gather(x, indices), y: tf.gather(y, indices)})},
  };
}
