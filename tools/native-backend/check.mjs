// One private step on tfjs-node's `tensorflow` backend against the cpu backend: a convolutional and a recurrent network.
//   node tools/native-backend/check.mjs    (after npm run build and tools/native-backend/install.sh)
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-node';
import {initializers, layers, sequential} from '@tensorflow/tfjs-layers';
import {clippedGradients, dpSGD} from '@dp/optimizers';
import {seededSource} from '@dp/random';

const EXAMPLES = 4;
const TOLERANCE = 1e-5;
const kernelInitializer = (seed) => initializers.glorotUniform({seed});

const MODELS = {
  convolutional: () => [
    layers.conv2d({
      inputShape: [14, 14, 1],
      filters: 4,
      kernelSize: 4,
      strides: 2,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: kernelInitializer(1),
    }),
    layers.maxPooling2d({poolSize: 2, strides: 1}),
    layers.flatten(),
    layers.dense({units: 4, kernelInitializer: kernelInitializer(2)}),
  ],
  recurrent: () => [
    layers.lstm({
      inputShape: [5, 3],
      units: 6,
      kernelInitializer: kernelInitializer(3),
      recurrentInitializer: kernelInitializer(4),
    }),
    layers.dense({units: 4, kernelInitializer: kernelInitializer(5)}),
  ],
};

/** Clipped sums, and weights after a step with seeded noise: one array a variable each. */
function step(make) {
  const model = sequential({layers: make()});
  const x = tf.randomUniform([EXAMPLES, ...model.inputs[0].shape.slice(1)], -1, 1, 'float32', 6);
  const y = tf.oneHot([0, 1, 2, 3], 4).cast('float32');
  const variables = model.trainableWeights.map((weight) => weight.read());
  const losses = () =>
    tf.losses.softmaxCrossEntropy(y, model.apply(x), undefined, undefined, tf.Reduction.NONE);
  const {sum} = clippedGradients(losses, variables, {l2NormClip: 0.5});
  const sums = variables.map(({name}) => sum[name].dataSync().slice());
  dpSGD({
    learningRate: 0.5,
    l2NormClip: 0.5,
    noiseMultiplier: 1,
    numMicrobatches: EXAMPLES,
    randomSource: seededSource(7),
  }).minimize(() => tf.mean(losses()), false, variables);
  return [...sums, ...variables.map((variable) => variable.dataSync().slice())];
}

for (const [name, make] of Object.entries(MODELS)) {
  const results = {};
  for (const backend of ['cpu', 'tensorflow']) {
    await tf.setBackend(backend);
    results[backend] = step(make);
  }
  const distance = Math.max(
    ...results.cpu.map((values, i) =>
      Math.hypot(...values.map((value, j) => value - results.tensorflow[i][j])),
    ),
  );
  const equal = distance < TOLERANCE;
  console.log(`${name}: ${equal ? 'equal' : 'NOT EQUAL'} within ${TOLERANCE}, largest distance ${distance}`);
  if (!equal) process.exitCode = 1;
}
