// A network of two hidden layers, 784 -> width -> width -> 10, at several batch sizes and widths.
//   node tools/bench/mlp.mjs [--batch 256] [--width 512]       lists are separated by commas
//   node tools/bench/mlp.mjs --batch 64,256,1024,4096          and so on; see harness/bench.mjs
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';

import {bench} from './harness/bench.mjs';

await bench({
  model: 'mlp',
  url: import.meta.url,
  flags: {batch: '256', width: '512'},
  sizes: ({batch, width}) =>
    batch.split(',').flatMap((b) =>
      width.split(',').map((w) => ({
        batch: Number(b),
        width: Number(w),
        parameters: (785 + Number(w) + 1 + 10) * w + 10,
      })),
    ),
  build: ({batch, width}) => {
    const model = sequential({
      layers: [
        layers.dense({inputShape: [784], units: width, activation: 'relu'}),
        layers.dense({units: width, activation: 'relu'}),
        layers.dense({units: 10}),
      ],
    });
    const x = tf.randomUniform([batch, 784]);
    const y = tf.cast(tf.oneHot(tf.randomUniform([batch], 0, 10, 'int32'), 10), 'float32');
    return {model, x, y};
  },
});
