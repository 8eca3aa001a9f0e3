// The core training loop, written by hand: clip each example's gradient, sum, add noise, and give the mean to any optimizer.
import * as tf from '@tensorflow/tfjs-core';
import {trainableVariables} from '@dp/keras';
import {clippedGradients, privateMean, type DrawnBatch} from '@dp/optimizers';

import {accuracy} from '../accuracy.js';
import {digitBatches} from '../data/digit_batches.js';
import {loadMnist, type LoadMnistOptions} from '../data/mnist.js';
import {crossEntropy, mnistNetwork} from '../network.js';
import type {TutorialFlags} from '../run/flags.js';
import {TrainingRun} from '../run/training_run.js';
import type {Streams} from '../terminal/streams.js';

/**
 * Trains the tutorial's network on MNIST, with privacy or without, and prints accuracy and spent epsilon after each epoch
 * in the words of the original tutorial.
 *
 * @param data - Where the pictures come from, for tests; the flags decide otherwise.
 * @throws UsageError, DataFileError, DownloadError, DpError.
 */
export async function trainMnist(
  flags: TutorialFlags,
  streams: Streams,
  data: LoadMnistOptions = {},
): Promise<{interrupted: boolean}> {
  const run = new TrainingRun('mnist', flags, streams);
  try {
    const {train, test} = await run.load((options) => loadMnist({...options, ...data}));
    const {noiseMultiplier, ledger, randomSource} = run.plan({
      numExamples: train.numExamples,
      unit: 'picture',
      optimizer: 'SGD',
    });
    const {batchSize, microbatches, l2NormClip} = flags;

    const digits = digitBatches(train);
    const model = mnistNetwork(flags.seed);
    const variables = trainableVariables(model);
    const optimizer = tf.train.sgd(flags.learningRate);
    const lossesOf = (x: tf.Tensor, y: tf.Tensor) =>
      crossEntropy(y, model.apply(x, {training: true}) as tf.Tensor);

    // A private step. An empty batch, which Poisson sampling may draw, is a step of noise.
    const privateStep = (drawn: DrawnBatch): number => {
      const {x, y} = digits.get(drawn.indices);
      const {sum, exact, loss} = clippedGradients(() => lossesOf(x, y), variables, {
        l2NormClip,
        microbatchSize: batchSize / microbatches,
        noiseMultiplier,
        batch: [x, y],
      });
      const {gradients} = privateMean(exact, {
        noiseMultiplier,
        normalizeBy: microbatches, // a public constant, never the size of the batch that came
        ledger, // the release is written down before it can be seen
        drawn,
        randomSource,
      });
      optimizer.applyGradients(gradients);
      tf.dispose([x, y, sum, gradients]);
      return loss;
    };

    // The same without privacy.
    const plainStep = ({indices}: DrawnBatch): number => {
      const {x, y} = digits.get(indices);
      const loss = optimizer.minimize(() => tf.mean(lossesOf(x, y)), true, variables);
      const [value = NaN] = loss?.dataSync() ?? [];
      tf.dispose([x, y]);
      loss?.dispose();
      return value;
    };

    const step = flags.dpsgd ? privateStep : plainStep;
    for await (const drawn of run.batches({
      model,
      optimizer,
      evaluate: () => ({accuracy: accuracy(model, test)}),
    })) {
      run.showLoss(step(drawn));
    }
    model.dispose();
    optimizer.dispose();
    return {interrupted: run.signal.aborted};
  } finally {
    run.close();
  }
}
