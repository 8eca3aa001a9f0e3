// What instantiate.test.ts runs by node --jitless, which has no WebAssembly: what the cpu backend can do.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

import {openClipAndSum} from '../on_demand.js';

await tf.setBackend('cpu');
const plain = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync()[0];
let refusal = '';
try {
  openClipAndSum([{size: 1, contributions: [{kind: 'sum', dy: tf.ones([1, 1, 1])}]}]);
} catch (error) {
  refusal = (error as Error).message;
}
console.log(JSON.stringify({plain, refusal}));
