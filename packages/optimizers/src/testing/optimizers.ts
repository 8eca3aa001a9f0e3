import * as tf from '@tensorflow/tfjs-core';

import {dpAdagrad} from '../optimizers/dp_adagrad.js';
import {dpAdam} from '../optimizers/dp_adam.js';
import {dpAdamW} from '../optimizers/dp_adamw.js';
import {dpFTRL} from '../optimizers/dp_ftrl.js';
import {dpMomentum} from '../optimizers/dp_momentum.js';
import {dpRMSProp} from '../optimizers/dp_rmsprop.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import type {PrivacyOptions} from '../optimizers/options.js';
import type {PrivateOptimizer} from '../optimizers/private_optimizer.js';
import {privatize} from '../optimizers/privatize.js';

/** A private optimizer, and the one of tf.js that it is without clipping and noise. */
export interface OptimizerPair {
  readonly name: string;
  readonly make: (privacy: PrivacyOptions) => PrivateOptimizer;
  readonly plain: () => tf.Optimizer;
}

const learningRate = 0.05;

/** Every optimizer of this package. */
export const OPTIMIZERS: readonly OptimizerPair[] = [
  {
    name: 'DPSGD',
    make: (privacy) => dpSGD({learningRate, ...privacy}),
    plain: () => tf.train.sgd(learningRate),
  },
  {
    name: 'DPMomentum',
    make: (privacy) => dpMomentum({learningRate, momentum: 0.8, ...privacy}),
    plain: () => tf.train.momentum(learningRate, 0.8),
  },
  {
    name: 'DPMomentum',
    make: (privacy) => dpMomentum({learningRate, useNesterov: true, ...privacy}),
    plain: () => tf.train.momentum(learningRate, 0.9, true),
  },
  {
    name: 'DPAdam',
    make: (privacy) => dpAdam({learningRate, beta1: 0.8, beta2: 0.95, ...privacy}),
    plain: () => tf.train.adam(learningRate, 0.8, 0.95),
  },
  {
    name: 'DPAdamW',
    make: (privacy) => dpAdamW({learningRate, weightDecay: 0, ...privacy}),
    plain: () => tf.train.adam(learningRate),
  },
  {
    name: 'DPAdagrad',
    make: (privacy) => dpAdagrad({learningRate, ...privacy}),
    plain: () => tf.train.adagrad(learningRate),
  },
  {
    name: 'DPRMSProp',
    make: (privacy) => dpRMSProp({learningRate, momentum: 0.5, ...privacy}),
    plain: () => tf.train.rmsprop(learningRate, 0.9, 0.5),
  },
  {
    name: 'DPFTRL',
    make: (privacy) => dpFTRL({learningRate, momentum: 0.9, stepsPerTree: 3, ...privacy}),
    plain: () => tf.train.momentum(learningRate, 0.9),
  },
  {
    name: 'Privatized',
    make: (privacy) => privatize(tf.train.adadelta(learningRate), privacy),
    plain: () => tf.train.adadelta(learningRate),
  },
];
