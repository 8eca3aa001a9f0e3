// A character model: one-hot characters, LSTM, logits at every step; 364,865 parameters by default.
//   node tools/bench/char_lstm.mjs [--batch 64] [--length 80] [--units 256] [--characters 65]
// See harness/bench.mjs.
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';

import {bench} from './harness/bench.mjs';

await bench({
  model: 'char-lstm',
  url: import.meta.url,
  flags: {batch: '64', length: '80', units: '256', characters: '65', rounds: '5', steps: '1'},
  sizes: ({batch, length, units, characters}) => [
    {batch: Number(batch), length: Number(length), units: Number(units), characters: Number(characters)},
  ],
  build: ({batch, length, units, characters}) => {
    const model = sequential({
      layers: [
        layers.lstm({
          inputShape: [length, characters],
          units,
          recurrentActivation: 'sigmoid',
          recurrentInitializer: 'glorotUniform',
          returnSequences: true,
        }),
        layers.dense({units: characters}),
      ],
    });
    const ids = tf.randomUniform([batch, length], 0, characters, 'int32');
    const x = tf.cast(tf.oneHot(ids, characters), 'float32');
    // The next character.
    const y = tf.concat([tf.slice(x, [0, 1], [-1, -1]), tf.slice(x, [0, 0], [-1, 1])], 1);
    return {model, x, y};
  },
});
