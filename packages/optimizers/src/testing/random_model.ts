import * as tf from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';

import type {Layer} from './coverage.js';
import type {Choices} from './random_program.js';

/** A random stack of stock layers. */
export interface RandomModel {
  readonly inputShape: readonly number[];
  readonly layers: readonly Layer[];
  /** What the layers are, for reports. */
  readonly text: string;
}

const ACTIVATIONS = ['relu', 'tanh', 'sigmoid', 'softplus', 'elu', 'selu', 'softmax', 'linear'] as const;

type Maker = (choices: Choices, shape: readonly number[]) => Layer | undefined;

const size = (shape: readonly number[], axis: number): number => shape[axis] ?? 1;
const units = (choices: Choices): number => 1 + choices.below(4);
const recurrentInitializer = 'glorotUniform';

/** Layers for examples of any rank. */
const ANYWHERE: readonly Maker[] = [
  (choices) => layers.activation({activation: choices.pick(ACTIVATIONS)}),
  (choices) => layers.leakyReLU({alpha: 0.1 * (1 + choices.below(3))}),
  () => layers.elu({}),
  () => layers.prelu({}),
  () => layers.layerNormalization({}),
  (choices) =>
    layers.dense({
      units: units(choices),
      activation: choices.pick(ACTIVATIONS),
      useBias: choices.below(2) === 0,
    }),
];

/** Layers for examples that are sequences, [T, d]. */
const SEQUENCES: readonly Maker[] = [
  (choices) =>
    layers.lstm({units: units(choices), recurrentInitializer, returnSequences: choices.below(2) === 0}),
  (choices) =>
    layers.gru({units: units(choices), recurrentInitializer, returnSequences: choices.below(2) === 0}),
  (choices) =>
    layers.simpleRNN({units: units(choices), recurrentInitializer, goBackwards: choices.below(2) === 0}),
  (choices) =>
    layers.bidirectional({
      layer: layers.lstm({units: units(choices), recurrentInitializer, returnSequences: true}),
      mergeMode: choices.pick(['concat', 'sum', 'ave'] as const),
    }),
  (choices, shape) =>
    layers.conv1d({filters: units(choices), kernelSize: 1 + choices.below(Math.min(3, size(shape, 0)))}),
  (choices) => layers.timeDistributed({layer: layers.dense({units: units(choices)})}),
  () => layers.permute({dims: [2, 1]}),
  () => layers.globalAveragePooling1d({}),
  (_, shape) => (size(shape, 0) < 2 ? undefined : layers.maxPooling1d({poolSize: 2})),
  () => layers.flatten(),
];

/** Layers for examples that are images, [H, W, C]. */
const IMAGES: readonly Maker[] = [
  (choices, shape) =>
    layers.conv2d({
      filters: units(choices),
      kernelSize: 1 + choices.below(Math.min(3, size(shape, 0), size(shape, 1))),
      strides: 1 + choices.below(2),
      padding: choices.pick(['same', 'valid'] as const),
      activation: choices.pick(ACTIVATIONS),
    }),
  (choices) =>
    layers.depthwiseConv2d({kernelSize: 1, depthMultiplier: 1 + choices.below(2), padding: 'same'}),
  (choices) =>
    layers.separableConv2d({filters: units(choices), kernelSize: 1 + choices.below(2), padding: 'same'}),
  (choices) =>
    layers.conv2dTranspose({filters: units(choices), kernelSize: 1 + choices.below(2), padding: 'same'}),
  (_, shape) =>
    Math.min(size(shape, 0), size(shape, 1)) < 2 ? undefined : layers.maxPooling2d({poolSize: 2, strides: 1}),
  (_, shape) =>
    Math.min(size(shape, 0), size(shape, 1)) < 2 ? undefined : layers.averagePooling2d({poolSize: 2}),
  () => layers.zeroPadding2d({padding: 1}),
  () => layers.globalMaxPooling2d({}),
  () => layers.flatten(),
];

const VECTORS: readonly Maker[] = [(choices) => layers.repeatVector({n: 1 + choices.below(3)})];

const MAX_WIDTH = 60;

/** A random stack of one to four layers with at least one that has weights. */
export function randomModel(choices: Choices): RandomModel {
  const rank = 1 + choices.below(3);
  const inputShape = Array.from({length: rank}, () => 2 + choices.below(3));
  const made: Layer[] = [];
  let shape: readonly number[] = inputShape;
  const count = 1 + choices.below(4);
  for (let tries = 0; made.length < count && tries < 20; tries++) {
    const own = [VECTORS, SEQUENCES, IMAGES][shape.length - 1] ?? [];
    const layer = choices.pick(choices.below(3) === 0 ? ANYWHERE : [...own, ...ANYWHERE])(choices, shape);
    if (layer === undefined) continue;
    const output = (layer.computeOutputShape([null, ...shape]) as (number | null)[])
      .slice(1)
      .map((n) => n ?? 1);
    const total = output.reduce((product, n) => product * n, 1);
    if (output.length > 3 || output.length < 1 || total < 1 || total > MAX_WIDTH) continue;
    made.push(layer);
    shape = output;
  }
  made.push(layers.dense({units: units(choices)}));
  return {
    inputShape,
    layers: made,
    text: `[${inputShape.join(', ')}] ${made.map((layer) => layer.getClassName()).join(' > ')}`,
  };
}

/** Ways to mix the examples of a batch that people write, as functions of a batch's activations. */
export const MIXERS: readonly ((batch: tf.Tensor) => tf.Tensor)[] = [
  (batch) => tf.sub(batch, tf.mean(batch, 0)),
  (batch) => tf.div(batch, tf.add(tf.max(tf.abs(batch)), 1)),
  (batch) => tf.reshape(tf.softmax(tf.reshape(batch, [1, batch.size])), batch.shape),
  (batch) => tf.add(batch, tf.reverse(batch, 0)),
  (batch) => tf.cumsum(batch, 0),
  (batch) => tf.mul(batch, tf.sum(batch)),
  (batch) =>
    tf.add(batch, tf.tile(tf.slice(batch, 0, 1), [batch.shape[0], ...batch.shape.slice(1).map(() => 1)])),
];
