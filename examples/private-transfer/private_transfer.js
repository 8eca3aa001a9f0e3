// The commonest use in practice: a network learns from public data, is frozen, and only a small head sees private data.
//   PUBLIC data   trains the features, without privacy: the guarantee does not cover it.
//   PRIVATE data  trains the head, by DP-Adam: the guarantee is about one of its pictures.
//   TEST data     measures, and is covered by nothing either.
// node private_transfer.js [--full]
import {makePrivate} from '@dp/keras';
import '@dp/kernels'; // fast, correct training on the wasm backend
import {dpAdam} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import {layers, model as layersModel, sequential} from '@tensorflow/tfjs-layers';
import {parseArgs} from 'node:util';

const {values: flags} = parseArgs({options: {full: {type: 'boolean', default: false}}});
await tf.setBackend('wasm');
const size = flags.full ? 20_000 : 2_000;

/** Pictures of 12 x 12 pixels: a noisy bar through the middle at an angle in [0, 180) degrees. */
function bars(count) {
  return tf.tidy(() => {
    const degrees = tf.randomUniform([count, 1, 1], 0, 180);
    const angle = tf.mul(degrees, Math.PI / 180);
    const axis = tf.sub(tf.range(0, 12), 5.5);
    const across = tf.sub(
      tf.mul(tf.reshape(axis, [1, 1, 12]), tf.sin(angle)),
      tf.mul(tf.reshape(axis, [1, 12, 1]), tf.cos(angle)),
    );
    const ink = tf.exp(tf.neg(tf.square(across)));
    const noisy = tf.add(ink, tf.randomNormal([count, 12, 12], 0, 0.3));
    return {x: tf.expandDims(noisy, -1), degrees: tf.reshape(degrees, [count])};
  });
}
const oneHot = (classes, depth) => tf.cast(tf.oneHot(tf.cast(classes, 'int32'), depth), 'float32');

// 1. Public data: into which of nine sectors does the bar point? Plain training.
const open = bars(4 * size);
const network = sequential({
  layers: [
    layers.conv2d({inputShape: [12, 12, 1], filters: 8, kernelSize: 5, strides: 2, activation: 'relu'}),
    layers.flatten(),
    layers.dense({units: 16, activation: 'tanh', name: 'features'}),
    layers.dense({units: 9, activation: 'softmax'}),
  ],
});
network.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
await network.fit(open.x, oneHot(tf.floor(tf.div(open.degrees, 20)), 9), {batchSize: 64, epochs: 4});

// 2. The frozen part: pictures to sixteen features. Each picture's features depend on that picture alone.
const frozen = layersModel({inputs: network.inputs, outputs: network.getLayer('features').output});

// 3. Private data: another question, is the bar steep? Only the head is trained, with privacy.
const secret = bars(size);
const steep = ({degrees}) => oneHot(tf.logicalAnd(tf.greater(degrees, 45), tf.less(degrees, 135)), 2);
const batchSize = 100;
const head = makePrivate(
  sequential({layers: [layers.dense({inputShape: [16], units: 2, activation: 'softmax'})]}),
);
head.compile({
  optimizer: (calibrated) => dpAdam({learningRate: 0.05, l2NormClip: 0.5, ...calibrated}),
  loss: 'categoricalCrossentropy',
  privacy: {numExamples: size, delta: 1e-5, targetEpsilon: 1},
});
await head.fit(frozen.predict(secret.x), steep(secret), {batchSize, epochs: 5, verbose: 0});

// 4. Test data.
const test = bars(1000);
const predicted = tf.argMax(head.predict(frozen.predict(test.x)), 1);
const right = tf.mean(tf.cast(tf.equal(predicted, tf.argMax(steep(test), 1)), 'float32'));
const {epsilon, delta} = head.privacySpent();
console.log(
  `public pictures ${4 * size} (no guarantee), private pictures ${size}, test pictures 1000 (no guarantee)`,
);
console.log(`test accuracy ${right.dataSync()[0].toFixed(3)}`);
console.log(`of the private pictures: epsilon ${epsilon.toFixed(2)} at delta ${delta}`);
