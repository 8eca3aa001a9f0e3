// A language model of characters: one-hot -> LSTM -> logits, by private Adam, on sampled batches that are processed in pieces.
import * as tf from '@tensorflow/tfjs-core';
import {fitSampled} from '@dp/keras';
import {dpAdam, ema, PrivateOptimizer} from '@dp/optimizers';

import {bigramFigures} from '../bigram.js';
import {characterFigures, charLstm, sequenceLosses, writtenText} from '../char_lstm.js';
import {
  Alphabet,
  ASCII_ALPHABET,
  characterBatches,
  sequencesOf,
  SHAKESPEARE_ALPHABET,
} from '../data/characters.js';
import {loadText, type LoadTextOptions} from '../data/text.js';
import type {Evaluation} from '../run/history.js';
import type {TutorialFlags} from '../run/flags.js';
import {TrainingRun} from '../run/training_run.js';
import type {Streams} from '../terminal/streams.js';
import {UsageError} from '../usage_error.js';

/** What `dp-tutorial lm` is asked to do. */
export interface LmFlags extends TutorialFlags {
  readonly units: number;
  /** In private training an average of the weights is evaluated, which costs no privacy: its decay, in [0, 1); 0 for none. */
  readonly averageDecay: number;
  /** Characters that are told apart; a public constant. Default: those of Shakespeare for his plays, else those of ASCII. */
  readonly alphabet: string | undefined;
  /** Threads that share each batch of private training. Default: 1. */
  readonly workers?: number | 'auto';
}

/** Characters of a record. */
const LENGTH = 80;
/** Sequences times units that are processed at once: it affects memory and speed, not privacy. */
const PIECE = 64 * 256;
/** Where another thread finds the loss: a function can't be sent to it. */
const LOSS = {module: new URL('../char_lstm.js', import.meta.url).href, name: 'sequenceLosses'};

/**
 * Trains a character model on a text, with privacy or without. The first 90 % of the characters, cut into sequences of 80, are the
 * training records: the guarantee is about one such sequence, not about an author or a play.
 *
 * @param data - Where the text comes from, for tests; the flags decide otherwise.
 * @throws UsageError, DataFileError, DownloadError, DpError.
 */
export async function trainLm(
  flags: LmFlags,
  streams: Streams,
  data: LoadTextOptions = {},
): Promise<{interrupted: boolean}> {
  const {workers = 1} = flags;
  if (workers !== 1 && !flags.dpsgd)
    throw new UsageError(`--workers=${workers} is for private training; leave it out with --dpsgd=false`);
  const run = new TrainingRun('lm', flags, streams);
  try {
    const {text, source} = await run.load((options) => loadText({...options, ...data}));
    const alphabet = new Alphabet(
      flags.alphabet ?? (source === 'shakespeare' ? SHAKESPEARE_ALPHABET : ASCII_ALPHABET),
    );
    const characters = alphabet.encode(text);
    const split = Math.floor(0.9 * characters.length);
    const train = sequencesOf(characters.subarray(0, split), LENGTH);
    const test = sequencesOf(characters.subarray(split), LENGTH);
    const plan = run.plan(
      {numExamples: train.numSequences, unit: `sequence of ${LENGTH} characters`, optimizer: 'Adam'},
      {
        units: flags.units,
        average_decay: flags.averageDecay,
        alphabet: alphabet.decode(Array(alphabet.size).keys()),
      },
    );
    const bigram = bigramFigures(train, test, alphabet.size);
    run.say(`A bigram count model (local, not private): ${figuresText(bigram)}`);

    const batches = characterBatches(train, alphabet.size);
    const model = charLstm({classes: alphabet.size, units: flags.units, seed: flags.seed});
    const optimizer = flags.dpsgd
      ? dpAdam({
          learningRate: flags.learningRate,
          l2NormClip: flags.l2NormClip,
          numMicrobatches: flags.microbatches,
          expectedBatchSize: flags.batchSize,
          ...(flags.averageDecay > 0 && {averaging: ema({decay: flags.averageDecay})}),
          ...plan, // noise multiplier, ledger and source of randomness
        })
      : tf.train.adam(flags.learningRate);
    model.compile({optimizer, loss: sequenceLosses});

    const evaluate = (): Evaluation => {
      const figures = characterFigures(model, test, alphabet.size);
      const sample = writtenText(model, alphabet, 2 * LENGTH, plan.randomSource);
      return {
        ...figures,
        lines: [
          `  ${figuresText(figures)}; bigram: ${figuresText(bigram)}`,
          ...sample.split('\n').map((line) => `  | ${line}`),
        ],
      };
    };
    const trained = {
      model,
      optimizer,
      evaluate: () =>
        optimizer instanceof PrivateOptimizer ? optimizer.withAveragedWeights(evaluate) : evaluate(),
    };
    const done = await run.begin(trained);
    const groups = flags.batchSize / flags.microbatches;
    await fitSampled(model, batches, {
      sampler: run.sampler,
      epochs: flags.epochs - done,
      maxPhysicalBatch: groups * Math.max(1, Math.floor(PIECE / flags.units / groups)),
      workers: {count: workers, loss: LOSS},
      signal: run.signal,
      onStep: ({loss}) => run.countStep(loss),
      onEpochEnd: () => run.endEpoch(trained),
    });
    await run.finish(trained);
    model.dispose();
    optimizer.dispose();
    return {interrupted: run.signal.aborted};
  } finally {
    run.close();
  }
}

function figuresText({
  accuracy,
  perplexity,
}: {
  readonly accuracy: number;
  readonly perplexity: number;
}): string {
  return `accuracy ${accuracy.toFixed(3)}, perplexity ${perplexity.toFixed(2)}`;
}
