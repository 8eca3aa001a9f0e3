// A recurrent layer as one kernel beside tf.js's own steps, forwards and backwards, in turns in one run:
// node packages/kernels/bench/recurrent_layers.mjs (after npm run build).
import * as tf from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import '@dp/kernels';
import {interleaved, normal} from './measure.mjs';

await tf.setBackend('wasm');

const [BATCH, STEPS, FEATURES, UNITS] = [64, 40, 65, 128];
const x = normal([BATCH, STEPS, FEATURES]);
const zeros = tf.zeros([BATCH, UNITS]);

for (const [name, make, states] of [
  ['LSTM', layers.lstm, 2],
  ['GRU', layers.gru, 1],
]) {
  const layer = make({units: UNITS, recurrentInitializer: 'glorotUniform', returnSequences: true});
  layer.apply(x);
  const variables = layer.trainableWeights.map((weight) => weight.read());
  // With an initial state, which the kernel does not cover, tf.js's own steps run; zeros are what it begins with anyway.
  const stock = {initialState: new Array(states).fill(zeros)};
  const step = (kwargs) => () =>
    tf.tidy(() => {
      const {grads} = tf.variableGrads(() => tf.sum(tf.square(layer.apply(x, kwargs))), variables);
      Object.values(grads)[0].dataSync();
    });
  const [a, b] = interleaved([step(undefined), step(stock)]);
  console.log(
    `${name} ${FEATURES} -> ${UNITS}, ${STEPS} steps, batch ${BATCH}: ${a.toFixed(1)} ms   stock ${b.toFixed(1)} ms`,
  );
}
