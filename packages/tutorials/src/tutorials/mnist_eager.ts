// The eager style: a loss recorded on a tape, one loss an example, and a private optimizer that takes gradients of it.
import * as tf from '@tensorflow/tfjs-core';
import {trainableVariables} from '@dp/keras';
import {dpSGD, gradientTape, type DrawnBatch} from '@dp/optimizers';

import {accuracy} from '../accuracy.js';
import {digitBatches} from '../data/digit_batches.js';
import {loadMnist, type LoadMnistOptions} from '../data/mnist.js';
import {crossEntropy, mnistNetwork} from '../network.js';
import type {TutorialFlags} from '../run/flags.js';
import {TrainingRun} from '../run/training_run.js';
import type {Streams} from '../terminal/streams.js';

/** An optimizer, and a step by it that tells the loss, which is sensitive. */
interface Training {
  readonly optimizer: tf.Optimizer;
  readonly step: (drawn: DrawnBatch) => number;
}

/**
 * Trains the tutorial's network on MNIST by a gradient tape and `dpSGD`. Where nothing is done between gradients and update,
 * `optimizer.minimizeDrawn(drawn, () => losses, {batch: [x, y], varList})` is the same step in one call.
 *
 * @param data - Where the pictures come from, for tests; the flags decide otherwise.
 * @throws UsageError, DataFileError, DownloadError, DpError.
 */
export async function trainMnistEager(
  flags: TutorialFlags,
  streams: Streams,
  data: LoadMnistOptions = {},
): Promise<{interrupted: boolean}> {
  const run = new TrainingRun('mnist-eager', flags, streams);
  try {
    const {train, test} = await run.load((options) => loadMnist({...options, ...data}));
    const plan = run.plan({numExamples: train.numExamples, unit: 'picture', optimizer: 'SGD'});

    const digits = digitBatches(train);
    const model = mnistNetwork(flags.seed);
    const varList = trainableVariables(model);
    const lossesOf = (x: tf.Tensor, y: tf.Tensor) =>
      crossEntropy(y, model.apply(x, {training: true}) as tf.Tensor);

    // The tape proves that no example's loss depends on another's.
    const privateTraining = (): Training => {
      const optimizer = dpSGD({
        learningRate: flags.learningRate,
        l2NormClip: flags.l2NormClip,
        numMicrobatches: flags.microbatches,
        expectedBatchSize: flags.batchSize,
        ...plan, // noise multiplier, ledger and source of randomness
      });
      const step = (drawn: DrawnBatch): number => {
        const {x, y} = digits.get(drawn.indices);
        const tape = gradientTape(() => lossesOf(x, y), varList, {drawn, batch: [x, y]});
        const gradients = tape.gradients(optimizer); // a release: in the ledger before it can be seen
        optimizer.applyGradients(gradients);
        const [loss = NaN] = tf.tidy(() => tf.mean(tape.losses).dataSync());
        tape.dispose();
        tf.dispose([x, y, gradients]);
        return loss;
      };
      return {optimizer, step};
    };

    const plainTraining = (): Training => {
      const optimizer = tf.train.sgd(flags.learningRate);
      const step = ({indices}: DrawnBatch): number => {
        const {x, y} = digits.get(indices);
        const loss = optimizer.minimize(() => tf.mean(lossesOf(x, y)), true, varList);
        const [value = NaN] = loss?.dataSync() ?? [];
        tf.dispose([x, y]);
        loss?.dispose();
        return value;
      };
      return {optimizer, step};
    };

    const {optimizer, step} = flags.dpsgd ? privateTraining() : plainTraining();
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
