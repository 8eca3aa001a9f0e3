// The tutorial's convolutional network, 26,010 parameters.  node tools/bench/mnist_cnn.mjs [--batch 256]
// A list of batch sizes is separated by commas; see harness/bench.mjs.
import * as tf from '@tensorflow/tfjs-core';

import {mnistNetwork} from '../../packages/tutorials/dist/network.js';
import {bench} from './harness/bench.mjs';

await bench({
  model: 'mnist-cnn',
  url: import.meta.url,
  flags: {batch: '256', steps: '8'},
  sizes: ({batch}) => batch.split(',').map((b) => ({batch: Number(b)})),
  build: ({batch}) => {
    const x = tf.randomUniform([batch, 28, 28, 1]);
    const y = tf.cast(tf.oneHot(tf.randomUniform([batch], 0, 10, 'int32'), 10), 'float32');
    return {model: mnistNetwork(1), x, y};
  },
});
