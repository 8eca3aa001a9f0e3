import {describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import type * as tf from '@tensorflow/tfjs-core';

import {bigramFigures} from '../bigram.js';
import {Alphabet, ASCII_ALPHABET, characterBatches, sequencesOf, SHAKESPEARE_ALPHABET} from './characters.js';

describe('an alphabet', () => {
  test('gives back what it knows; all else is one class, and marked', () => {
    const alphabet = new Alphabet('abc');
    expect(alphabet.size).toBe(4);
    expect([...alphabet.encode('cab€!')]).toEqual([2, 0, 1, 3, 3]);
    expect(alphabet.decode([2, 0, 1, 3])).toBe('cab\ufffd');
  });

  test("Shakespeare's has 65 characters, ASCII's 96", () => {
    expect(new Alphabet(SHAKESPEARE_ALPHABET).size).toBe(66);
    expect(new Alphabet(ASCII_ALPHABET).size).toBe(97);
  });
});

describe('sequences', () => {
  test('share no character, and drop the rest', () => {
    const sequences = sequencesOf(Int32Array.of(0, 1, 2, 0, 1, 2, 0), 3);
    expect(sequences.numSequences).toBe(2);
    expect([...sequences.ids]).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test('batches predict each character from those before it in its own sequence', () => {
    const batches = characterBatches(sequencesOf(Int32Array.of(0, 1, 2, 2, 1, 0), 3), 3);
    const {x, y} = batches.get(Int32Array.of(1)) as {x: tf.Tensor; y: tf.Tensor};
    expect(x.arraySync()).toEqual([
      [
        [0, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
      ],
    ]);
    expect(y.arraySync()).toEqual([
      [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ],
    ]);
    x.dispose();
    y.dispose();
  });
});

test('the bigram model counts followers, with one more of each', () => {
  const train = sequencesOf(Int32Array.of(0, 1, 0, 1, 0, 1, 0, 0), 4);
  // After nothing: 0 twice of 2 (3/4 with one more each). After 0: 1 three times of 4 (4/6). After 1: 0 twice of 2 (3/4).
  const {accuracy, perplexity} = bigramFigures(train, sequencesOf(Int32Array.of(0, 1, 1, 0), 4), 2);
  expect(accuracy).toBe(3 / 4);
  expect(perplexity).toBeCloseTo(((3 / 4) * (4 / 6) * (1 / 4) * (3 / 4)) ** (-1 / 4), 12);
});
