import {beforeAll, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import {seededSource, type RandomSource} from '@dp/random';

import {useBackend} from './backend.js';
import {characterFigures, charLstm, writtenText} from './char_lstm.js';
import {Alphabet, characterBatches, SHAKESPEARE_ALPHABET, sequencesOf} from './data/characters.js';

beforeAll(() => useBackend('wasm'));

test('the model for Shakespeare has the parameters of its size', () => {
  const classes = 66;
  const model = charLstm({classes, units: 256});
  expect(model.countParams()).toBe(4 * 256 * (classes + 256 + 1) + (256 + 1) * classes);
  model.dispose();
});

test('the figures of a model that knows nothing are those of a uniform guess', () => {
  const alphabet = new Alphabet('ab');
  const model = charLstm({classes: 3, units: 2, seed: 1});
  tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight))));
  const test = sequencesOf(alphabet.encode('abab'.repeat(40)), 16);
  const {accuracy, perplexity} = characterFigures(model, test, 3);
  expect(perplexity).toBeCloseTo(3, 5);
  // All logits are equal, and the first class is taken.
  expect(accuracy).toBe(1 / 2);
  model.dispose();
});

test('writes what the model predicts, step by step, and leaks nothing', () => {
  const alphabet = new Alphabet(SHAKESPEARE_ALPHABET);
  const model = charLstm({classes: alphabet.size, units: 16, seed: 3});
  // Sharp enough that one character is nearly sure: all but the first, before which there is nothing.
  tf.tidy(() => model.setWeights(model.getWeights().map((weight, w) => tf.mul(weight, w < 3 ? 40 : 4000))));
  const before = tf.memory().numTensors;
  const text = writtenText(model, alphabet, 12, seededSource(4));
  expect(tf.memory().numTensors).toBe(before);
  const {x, y} = characterBatches(sequencesOf(alphabet.encode(text), 12), alphabet.size).get(
    Int32Array.of(0),
  ) as {x: tf.Tensor; y: tf.Tensor};
  const likeliest = tf.argMax(model.predict(x) as tf.Tensor, -1).dataSync();
  const written = tf.argMax(y, -1).dataSync();
  const equal = written.filter((id, t) => id === likeliest[t]).length;
  expect(equal).toBeGreaterThanOrEqual(10);
  tf.dispose([x, y]);
  model.dispose();
});

test('draws by probability: the highest number gives the last class', () => {
  const alphabet = new Alphabet('ab');
  const model = charLstm({classes: 3, units: 2, seed: 1});
  tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight))));
  const constant = (word: number): RandomSource => ({
    ...seededSource(1),
    fill: (words: Uint32Array) => void words.fill(word),
  });
  expect(writtenText(model, alphabet, 2, constant(0xffffffff))).toBe('\ufffd\ufffd');
  expect(writtenText(model, alphabet, 2, constant(0))).toBe('aa');
  expect(writtenText(model, alphabet, 2, constant(0x80000000))).toBe('bb');
  model.dispose();
});
