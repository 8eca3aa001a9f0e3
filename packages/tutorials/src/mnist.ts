import * as tf from '@tensorflow/tfjs-core';
import {fitSampled} from '@dp/keras';
import {dpSGD, Ledger, poissonSampler, privacySpent, shuffleSampler, type PrivacySpent} from '@dp/optimizers';
import {secureSource, seededSource} from '@dp/random';

import {accuracy} from './accuracy.js';
import {useBackend} from './backend.js';
import {digitBatches} from './data/digit_batches.js';
import {loadMnist, type LoadMnistOptions} from './data/mnist.js';
import type {MnistFlags} from './mnist_flags.js';
import {crossEntropy, mnistNetwork} from './network.js';
import {openRunFolder} from './run_folder.js';
import {createDownloadProgress} from './terminal/download_progress.js';
import {interruptible} from './terminal/interrupt.js';
import {createProgress} from './terminal/progress.js';
import type {Streams} from './terminal/streams.js';

/**
 * Trains the tutorial's network on MNIST, with privacy or without, and prints accuracy and spent epsilon after each epoch
 * in the words of the original tutorial.
 *
 * @param data - Where the pictures come from, for tests; the flags decide otherwise.
 * @throws UsageError, DataFileError, DownloadError, DpError.
 */
export async function trainMnist(
  flags: MnistFlags,
  {stdout, stderr}: Streams,
  data: LoadMnistOptions = {},
): Promise<{interrupted: boolean}> {
  const say = (line: string): unknown => stdout.write(`${line}\n`);
  const progress = createProgress(stderr);
  const interrupt = interruptible({
    onInterrupt() {
      progress.stop();
      stderr.write('Stopping after this step ...\n');
    },
  });
  const folder = flags.modelDir === undefined ? undefined : openRunFolder(flags.modelDir);
  try {
    await useBackend(flags.backend);
    const {train, test, description, notice} = await withDownloadLine(stderr, (onProgress) =>
      loadMnist({onProgress, signal: interrupt.signal, dataDir: flags.dataDir, ...data}),
    );
    if (notice !== undefined) say(`${notice}\n`);

    // How batches are drawn, and where every release is written down.
    const {batchSize, sampling, seed} = flags;
    const {numExamples} = train;
    const source = seed === undefined ? secureSource() : seededSource(seed);
    const makeSampler = flags.dpsgd && sampling === 'poisson' ? poissonSampler : shuffleSampler;
    const sampler = makeSampler({numExamples, batchSize, source});
    const ledger = new Ledger(folder?.store);

    // The model, and the one line that makes it private.
    const model = mnistNetwork(seed);
    model.compile({
      optimizer: flags.dpsgd
        ? dpSGD({
            learningRate: flags.learningRate,
            l2NormClip: flags.l2NormClip,
            noiseMultiplier: flags.noiseMultiplier,
            numMicrobatches: flags.microbatches,
            expectedBatchSize: batchSize,
            randomSource: source,
            ledger,
          })
        : tf.train.sgd(flags.learningRate),
      loss: crossEntropy,
    });

    say(`Training on ${description}: ${numExamples} examples, ${tf.getBackend()} backend.`);
    for (const line of explanation(flags, sampler.stepsPerEpoch)) say(line);
    const spent = (): PrivacySpent | undefined =>
      flags.dpsgd ? privacySpent(ledger, {delta: flags.delta}) : undefined;
    const startProgress = (done: number): void =>
      progress.start(flags.epochs * sampler.stepsPerEpoch, {
        label: `epoch ${Math.min(done + 1, flags.epochs)}/${flags.epochs}`,
        done: done * sampler.stepsPerEpoch,
        examplesPerStep: batchSize,
      });

    startProgress(0);
    const result = await fitSampled(model, digitBatches(train), {
      sampler,
      epochs: flags.epochs,
      signal: interrupt.signal,
      onStep: ({step, loss}) => progress.update({step, loss}),
      async onEpochEnd(epoch) {
        progress.stop();
        say(`Test accuracy after ${epoch} epochs is: ${accuracy(model, test).toFixed(3)}`);
        for (const line of spentLines(spent(), flags)) say(line);
        await folder?.save(model, spent());
        if (epoch < flags.epochs) startProgress(epoch);
      },
    });
    progress.stop();

    if (result.aborted) {
      say(`Stopped after ${result.steps} steps, ${result.epochs} whole epochs.`);
      for (const line of spentLines(spent(), flags)) say(line);
      await folder?.save(model, spent());
    }
    if (folder !== undefined) say(`Saved to ${flags.modelDir ?? ''}.`);
    model.dispose();
    return {interrupted: result.aborted};
  } finally {
    progress.stop();
    interrupt.dispose();
    folder?.close();
  }
}

async function withDownloadLine<T>(
  stderr: NodeJS.WriteStream,
  load: (onProgress: LoadMnistOptions['onProgress']) => Promise<T>,
): Promise<T> {
  const line = createDownloadProgress(stderr);
  try {
    return await load(line.onProgress);
  } finally {
    line.stop();
  }
}

function explanation(flags: MnistFlags, stepsPerEpoch: number): string[] {
  if (!flags.dpsgd) return ['Trained with vanilla non-private SGD optimizer'];
  const {batchSize, sampling, microbatches, noiseMultiplier, l2NormClip, seed} = flags;
  return [
    `DP-SGD: clip ${l2NormClip}, noise multiplier ${noiseMultiplier}, ${stepsPerEpoch} steps an epoch, ` +
      (sampling === 'poisson'
        ? `Poisson-sampled batches of ${batchSize} expected examples.`
        : `shuffled batches of ${batchSize}${microbatches === batchSize ? '' : ` in ${microbatches} microbatches`}.`),
    ...(seed === undefined
      ? []
      : [`Seed ${seed}: the noise is predictable, so this run protects nobody. For tests only.`]),
    ...(noiseMultiplier === 0 ? ['Noise multiplier 0: this run is not private.'] : []),
  ];
}

function spentLines(spent: PrivacySpent | undefined, {delta, noiseMultiplier}: MnistFlags): string[] {
  if (spent === undefined) return ['Trained with vanilla non-private SGD optimizer'];
  if (noiseMultiplier === 0) return ['Trained without noise: no epsilon holds.'];
  const deltaText = delta < 1e-3 ? delta.toExponential() : String(delta);
  return [
    `For delta=${deltaText}, the current epsilon is: ${spent.epsilonClassic.toFixed(2)}`,
    `  tighter, for the same run: ${spent.epsilon.toFixed(2)} (by privacy loss distributions; the line above is by Renyi divergences, as the original tutorial printed)`,
    ...(spent.ifPoissonSampled === undefined
      ? []
      : [
          `  ${spent.ifPoissonSampled.toFixed(2)} would hold if batches were Poisson-sampled; it is not valid for this run, in which each example takes part once per epoch`,
        ]),
  ];
}
