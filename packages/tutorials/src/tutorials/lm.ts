// A language model of characters: one-hot -> LSTM -> logits, by private Adam, on batches processed in pieces.
import * as tf from '@tensorflow/tfjs-core';
import {trainableVariables} from '@dp/keras';
import {dpAdam, PrivateOptimizer, type BatchPiece, type DrawnBatch} from '@dp/optimizers';

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

/** What `dp-tutorial lm` is asked to do. */
export interface LmFlags extends TutorialFlags {
  readonly units: number;
  /** Characters that are told apart; a public constant. Default: those of Shakespeare for his plays, else those of ASCII. */
  readonly alphabet: string | undefined;
}

/** Characters of a record. */
const LENGTH = 80;
/** Sequences times units that are processed at once: it affects memory and speed, not privacy. */
const PIECE = 64 * 256;

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
      {units: flags.units, alphabet: alphabet.decode(Array(alphabet.size).keys())},
    );
    const bigram = bigramFigures(train, test, alphabet.size);
    run.say(`A bigram count model (local, not private): ${figuresText(bigram)}`);

    const batches = characterBatches(train, alphabet.size);
    const model = charLstm({classes: alphabet.size, units: flags.units, seed: flags.seed});
    const varList = trainableVariables(model);
    const optimizer = flags.dpsgd
      ? dpAdam({
          learningRate: flags.learningRate,
          l2NormClip: flags.l2NormClip,
          numMicrobatches: flags.microbatches,
          expectedBatchSize: flags.batchSize,
          ...plan, // noise multiplier, ledger and source of randomness
        })
      : tf.train.adam(flags.learningRate);
    const lossesOf = (x: tf.Tensor, y: tf.Tensor) =>
      sequenceLosses(y, model.apply(x, {training: true}) as tf.Tensor);

    // The pieces of a drawn batch: their clipped gradients are summed, and noise is added once.
    const groups = flags.batchSize / flags.microbatches;
    const pieceSize = groups * Math.max(1, Math.floor(PIECE / flags.units / groups));
    function* pieces(indices: Int32Array): Generator<BatchPiece> {
      for (let start = 0; start < indices.length; start += pieceSize) {
        const {x, y} = batches.get(indices.slice(start, start + pieceSize)) as {x: tf.Tensor; y: tf.Tensor};
        yield {lossFn: () => lossesOf(x, y), batch: [x, y]};
        tf.dispose([x, y]);
      }
    }
    const plainStep = ({indices}: DrawnBatch): tf.Scalar | null => {
      const {x, y} = batches.get(indices) as {x: tf.Tensor; y: tf.Tensor};
      const loss = optimizer.minimize(() => tf.mean(lossesOf(x, y)), true, varList);
      tf.dispose([x, y]);
      return loss;
    };

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
    for await (const drawn of run.batches({model, optimizer, evaluate})) {
      const loss =
        optimizer instanceof PrivateOptimizer
          ? optimizer.minimizePieces(drawn, pieces(drawn.indices), {varList})
          : plainStep(drawn);
      run.showLoss(loss?.dataSync()[0] ?? NaN);
      loss?.dispose();
    }
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
