import {beforeAll, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers gradients

import {OPTIMIZERS} from '../testing/optimizers.js';
import {dpSGD} from './dp_sgd.js';
import type {PrivacyOptions} from './options.js';
import {privatize} from './privatize.js';

const B = 8;
const EXACT: PrivacyOptions = {l2NormClip: 1000, noiseMultiplier: 0, numMicrobatches: B};

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('an optimizer without varList trains what it did before others were made and used', () => {
  const [weight, other] = [tf.variable(tf.ones([1])), tf.variable(tf.ones([1]), false)];
  const x = tf.ones([B, 1]);
  const losses = () => tf.sum(tf.mul(x, tf.add(weight, other)), 1);
  const made = [
    ...OPTIMIZERS.map(({make}) => make(EXACT)),
    privatize(tf.train.adam(), EXACT),
    privatize(tf.train.adamax(0.1), EXACT),
  ];
  other.trainable = true;
  for (const optimizer of made) optimizer.minimize(losses, false, [other]);
  other.trainable = false;
  const optimizer = dpSGD({...EXACT, learningRate: 1});
  optimizer.minimize(losses);
  expect(weight.dataSync()[0]).toBeCloseTo(0, 5);
  tf.dispose([weight, other, x]);
  for (const one of [...made, optimizer]) one.dispose();
});
