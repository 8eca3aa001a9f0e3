// A network of two hidden layers, 784 -> width -> width -> 10, at several batch sizes and widths.
//   node tools/bench/mlp.mjs [--batch 256] [--width 512]       lists are separated by commas
//   node tools/bench/mlp.mjs --batch 64,256,1024,4096          and so on; see harness.mjs
import * as tf from '@tensorflow/tfjs-core';
import {bench} from './harness.mjs';

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
  build: async ({batch, width}) => {
    const {layers, sequential} = await import('@tensorflow/tfjs-layers');
    const model = sequential({
      layers: [
        layers.dense({inputShape: [784], units: width, activation: 'relu'}),
        layers.dense({units: width, activation: 'relu'}),
        layers.dense({units: 10}),
      ],
    });
    const x = tf.randomUniform([batch, 784]);
    const y = tf.cast(tf.oneHot(tf.randomUniform([batch], 0, 10, 'int32'), 10), 'float32');
    const losses = () =>
      tf.losses.softmaxCrossEntropy(
        y,
        model.apply(x, {training: true}),
        undefined,
        undefined,
        tf.Reduction.NONE,
      );
    return {model, loss: () => tf.mean(losses())};
  },
});
