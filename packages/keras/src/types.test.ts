import {expect, test} from '@jest/globals';
import {dpSGD} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import * as data from '@tensorflow/tfjs-data';
import {callbacks, CustomCallback} from '@tensorflow/tfjs-layers';

import {dpSequential, type DpFitArgs} from './index.js';

/** Checked by the compiler, and never called. */
function program(x: tf.Tensor, y: tf.Tensor): void {
  const model = dpSequential();
  const optimizer = dpSGD({learningRate: 1, l2NormClip: 1, noiseMultiplier: 1, numMicrobatches: 1});
  const privacy = {numExamples: 10, delta: 1e-5};
  model.compile({optimizer, loss: 'meanSquaredError', privacy});
  model.compile({
    optimizer: (calibrated) => dpSGD({learningRate: 1, l2NormClip: 1, ...calibrated}),
    loss: (yTrue, yPred) => tf.abs(tf.sub(yTrue, yPred)),
    privacy: {...privacy, sampling: {kind: 'truncatedPoisson', maxBatchSize: 3}},
  });
  // @ts-expect-error a string names no private optimizer
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError', privacy});
  // @ts-expect-error privacy is not left out
  model.compile({optimizer, loss: 'meanSquaredError'});
  // @ts-expect-error no such sampling
  model.compile({optimizer, loss: 'meanSquaredError', privacy: {...privacy, sampling: 'random'}});
  void model.fit(x, y, {
    callbacks: [
      {onEpochEnd: (epoch, logs) => console.log(epoch.toFixed(), logs.epsilon.toFixed())},
      callbacks.earlyStopping({monitor: 'val_private_acc'}),
      new CustomCallback({}),
    ],
  });
  const stream = async function* () {
    yield {xs: x, ys: y, ids: ['one', 'two']};
  };
  const privateValidation = {countNoise: 3};
  void model.fitDataset({[Symbol.asyncIterator]: stream}, {validationData: [x, y], privateValidation});
  void model.fitDataset(data.array([1, 2]).batch(2), {callbacks: {dispose: () => undefined}});
  void model.fitDataset({numExamples: 2, get: (indices) => ({x: tf.gather(x, [...indices]), y})});
  const unlabelled = async function* () {
    yield {xs: x};
  };
  // @ts-expect-error its batches have no labels
  void model.fitDataset({[Symbol.asyncIterator]: unlabelled});
  // @ts-expect-error a stream has an order of its own
  void model.fitDataset({[Symbol.asyncIterator]: stream}, {shuffle: true});
  // @ts-expect-error a private model has no such callback
  void model.fit(x, y, {callbacks: {onEpochEnds: () => undefined}});
  // @ts-expect-error not supported, and so not accepted
  const args: DpFitArgs = {stepsPerEpoch: 3};
  void model.fit(x, y, args);
}

test('options are typed', () => {
  expect(program).toBeInstanceOf(Function);
});
