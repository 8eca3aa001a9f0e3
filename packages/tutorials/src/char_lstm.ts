import * as tf from '@tensorflow/tfjs-core';
import {initializers, layers, sequential, type LayersModel, type Sequential} from '@tensorflow/tfjs-layers';
import {uniform53, WordReader, type RandomSource} from '@dp/random';

import type {CharacterFigures} from './bigram.js';
import {characterBatches, type Alphabet, type Sequences} from './data/characters.js';

/**
 * One-hot characters, an LSTM, logits at every place: [B, T, classes] to the same. 364,865 parameters with 256 units and the
 * characters of Shakespeare, and 1,281 more for all other characters.
 *
 * @param seed - Makes the initial weights reproducible, for tests.
 */
export function charLstm({
  classes,
  units,
  seed,
}: {
  readonly classes: number;
  readonly units: number;
  readonly seed?: number | undefined;
}): Sequential {
  let drawn = 0;
  const initializer = () => initializers.glorotUniform(seed === undefined ? {} : {seed: seed + drawn++});
  return sequential({
    layers: [
      layers.lstm({
        inputShape: [null, classes],
        units,
        recurrentActivation: 'sigmoid',
        kernelInitializer: initializer(),
        recurrentInitializer: initializer(),
        returnSequences: true,
      }),
      layers.dense({units: classes, kernelInitializer: initializer()}),
    ],
  });
}

/** Softmax cross entropy, the mean over the characters of each sequence: [B, T, classes] and the same to [B]. */
export function sequenceLosses(yTrue: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  const losses = tf.losses.softmaxCrossEntropy(yTrue, logits, undefined, undefined, tf.Reduction.NONE);
  return tf.mean(losses, 1);
}

const BATCH = 64;

/** Accuracy and perplexity on sequences that were not trained on. */
export function characterFigures(model: LayersModel, test: Sequences, classes: number): CharacterFigures {
  const batches = characterBatches(test, classes);
  let [correct, logLoss] = [0, 0];
  for (let start = 0; start < test.numSequences; start += BATCH) {
    const size = Math.min(BATCH, test.numSequences - start);
    const indices = Int32Array.from({length: size}, (_, i) => start + i);
    tf.tidy(() => {
      const {x, y} = batches.get(indices) as {x: tf.Tensor; y: tf.Tensor};
      const logits = model.predict(x) as tf.Tensor;
      const right = tf.equal(tf.argMax(logits, -1), tf.argMax(y, -1));
      correct += tf.sum(tf.cast(right, 'int32')).dataSync()[0] ?? 0;
      logLoss += tf.sum(sequenceLosses(y, logits)).dataSync()[0] ?? 0;
    });
  }
  return {
    accuracy: correct / test.ids.length,
    perplexity: Math.exp(logLoss / test.numSequences),
  };
}

/**
 * Text that the model writes, character by character, each drawn from its probabilities. It reads the weights alone, which are
 * private.
 */
export function writtenText(
  model: LayersModel,
  alphabet: Alphabet,
  length: number,
  source: RandomSource,
): string {
  const [kernel, recurrent, bias, dense, denseBias] = model.getWeights() as tf.Tensor2D[];
  if (kernel === undefined || recurrent === undefined || dense === undefined)
    throw new Error('no such model');
  const units = recurrent.shape[0];
  const words = new WordReader(source);
  return tf.tidy(() => {
    let [hidden, cell]: tf.Tensor2D[] = [tf.zeros([1, units]), tf.zeros([1, units])];
    let input: tf.Tensor2D = tf.zeros([1, alphabet.size]);
    const ids = Array.from({length}, () => {
      // The gates in Keras's order: input, forget, candidate, output.
      const sums = tf.add(
        tf.add(tf.matMul(input, kernel), tf.matMul(hidden as tf.Tensor2D, recurrent)),
        bias as tf.Tensor,
      );
      const [i, f, c, o] = tf.split(sums, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      cell = tf.add(tf.mul(tf.sigmoid(f), cell as tf.Tensor), tf.mul(tf.sigmoid(i), tf.tanh(c)));
      hidden = tf.mul(tf.sigmoid(o), tf.tanh(cell));
      const logits = tf.add(tf.matMul(hidden, dense), denseBias as tf.Tensor);
      const id = drawn(tf.softmax(logits).dataSync<'float32'>(), uniform53(words) / 2 ** 53);
      // The wasm backend's one-hot tensors are of integers, whatever they say.
      input = tf.cast(tf.oneHot([id], alphabet.size), 'float32') as tf.Tensor2D;
      return id;
    });
    return alphabet.decode(ids);
  });
}

/** The class at which the sum of the probabilities passes a number in [0, 1). */
function drawn(probabilities: Float32Array, at: number): number {
  let sum = 0;
  const id = probabilities.findIndex((probability) => (sum += probability) > at);
  return id === -1 ? probabilities.length - 1 : id;
}
