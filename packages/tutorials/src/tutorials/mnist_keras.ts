// The Keras style: compile with a private optimizer and what is planned, then fit.
import * as tf from '@tensorflow/tfjs-core';
import type {Logs} from '@tensorflow/tfjs-layers';
import {makePrivate} from '@dp/keras';
import {dpSGD} from '@dp/optimizers';

import {accuracy} from '../accuracy.js';
import {digitBatches} from '../data/digit_batches.js';
import {loadMnist, type LoadMnistOptions} from '../data/mnist.js';
import {crossEntropy, mnistNetwork} from '../network.js';
import type {TutorialFlags} from '../run/flags.js';
import {TrainingRun, type Trained} from '../run/training_run.js';
import type {Streams} from '../terminal/streams.js';
import {UsageError} from '../usage_error.js';

/** What `dp-tutorial mnist-keras` is asked to do. */
export interface MnistKerasFlags extends TutorialFlags {
  /** Threads that share each batch of private training. Default: 1. */
  readonly workers?: number | 'auto';
}

/** Where another thread finds the loss: a function can't be sent to it. */
const LOSS = {module: new URL('../network.js', import.meta.url).href, name: 'crossEntropy'};

/**
 * Trains the tutorial's network on MNIST by `compile` and `fit` of a private model, which draws its batches by Poisson sampling.
 *
 * @param data - Where the pictures come from, for tests; the flags decide otherwise.
 * @throws UsageError, DataFileError, DownloadError, DpError.
 */
export async function trainMnistKeras(
  flags: MnistKerasFlags,
  streams: Streams,
  data: LoadMnistOptions = {},
): Promise<{interrupted: boolean}> {
  const {workers = 1} = flags;
  if (workers !== 1 && !flags.dpsgd)
    throw new UsageError(`--workers=${workers} is for private training; leave it out with --dpsgd=false`);
  const run = new TrainingRun('mnist-keras', flags, streams);
  try {
    const {train, test} = await run.load((options) => loadMnist({...options, ...data}));
    const {numExamples} = train;
    const plan = run.plan({numExamples, unit: 'picture', optimizer: 'SGD'});
    const {learningRate, batchSize, l2NormClip, microbatches, delta, sampling} = flags;

    // Pictures stay the bytes they are until their batch is drawn.
    const pictures = digitBatches(train);
    const network = mnistNetwork(flags.seed);
    const evaluate = () => ({accuracy: accuracy(network, test)});
    const watched = (trained: Trained) => ({
      async onBatchEnd(_batch: number, logs?: Logs) {
        run.showLoss(Number(logs?.loss));
        await run.endStep(trained);
        if (run.signal.aborted) network.stopTraining = true;
      },
    });

    if (flags.dpsgd) {
      const model = makePrivate(network);
      const optimizer = dpSGD({
        learningRate,
        l2NormClip,
        numMicrobatches: microbatches,
        expectedBatchSize: batchSize,
        ...plan, // noise multiplier, ledger and source of randomness
      });
      const {randomSource} = plan;
      model.compile({optimizer, loss: crossEntropy, privacy: {numExamples, delta, sampling, randomSource}});
      const trained = {model: network, optimizer, evaluate};
      const initialEpoch = await run.begin(trained);
      const callbacks = watched(trained);
      const {epochs} = flags;
      const threads = {count: workers, loss: LOSS};
      await model.fitDataset(pictures, {
        batchSize,
        epochs,
        initialEpoch,
        verbose: 0,
        callbacks,
        workers: threads,
      });
      await run.finish(trained);
    } else {
      // The same without privacy: a plain tf.js model.
      const optimizer = tf.train.sgd(learningRate);
      network.compile({optimizer, loss: crossEntropy});
      const trained = {model: network, optimizer, evaluate};
      const initialEpoch = await run.begin(trained);
      const callbacks = watched(trained);
      const {x, y} = pictures.get(Int32Array.from({length: numExamples}, (_, i) => i));
      await network.fit(x, y, {batchSize, epochs: flags.epochs, initialEpoch, callbacks});
      tf.dispose([x, y]);
      await run.finish(trained);
    }
    network.dispose();
    return {interrupted: run.signal.aborted};
  } finally {
    run.close();
  }
}
