// The eager style: a private optimizer, and a loss function that returns one loss an example.
import * as tf from '@tensorflow/tfjs-core';
import {trainableVariables} from '@dp/keras';
import {dpSGD, PrivateOptimizer, type DrawnBatch} from '@dp/optimizers';

import {accuracy} from '../accuracy.js';
import {digitBatches} from '../data/digit_batches.js';
import {loadMnist, type LoadMnistOptions} from '../data/mnist.js';
import {crossEntropy, mnistNetwork} from '../network.js';
import type {TutorialFlags} from '../run/flags.js';
import {TrainingRun} from '../run/training_run.js';
import type {Streams} from '../terminal/streams.js';

/**
 * Trains the tutorial's network on MNIST by `dpSGD(...).minimizeDrawn(drawn, () => losses)`, which is `minimize` on a batch
 * whose sampling is known.
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
    const optimizer = flags.dpsgd
      ? dpSGD({
          learningRate: flags.learningRate,
          l2NormClip: flags.l2NormClip,
          numMicrobatches: flags.microbatches,
          expectedBatchSize: flags.batchSize,
          ...plan, // noise multiplier, ledger and source of randomness
        })
      : tf.train.sgd(flags.learningRate);

    const step = (drawn: DrawnBatch): number => {
      const {x, y} = digits.get(drawn.indices);
      const losses = () => crossEntropy(y, model.apply(x, {training: true}) as tf.Tensor);
      const loss =
        optimizer instanceof PrivateOptimizer
          ? optimizer.minimizeDrawn(drawn, losses, {batch: [x, y], varList})
          : optimizer.minimize(() => tf.mean(losses()), true, varList);
      const [value = NaN] = loss?.dataSync() ?? [];
      tf.dispose([x, y]);
      loss?.dispose();
      return value;
    };

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
