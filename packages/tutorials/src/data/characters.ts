import * as tf from '@tensorflow/tfjs-core';
import type {RandomAccessDataset} from '@dp/keras';

/** The 65 characters of Tiny Shakespeare, in their order. */
export const SHAKESPEARE_ALPHABET = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Line feed and the printable characters of ASCII. */
export const ASCII_ALPHABET = `\n${Array.from({length: 95}, (_, i) => String.fromCharCode(32 + i)).join('')}`;

/**
 * Which characters are told apart: a public constant, never read off a private text, since that would release which characters
 * are in it (privacy rule 13). All others are one: `other`.
 */
export class Alphabet {
  private readonly ids: ReadonlyMap<string, number>;
  private readonly characters: readonly string[];

  constructor(characters: string) {
    this.characters = [...new Set(characters)];
    this.ids = new Map(this.characters.map((character, id) => [character, id]));
  }

  /** Number of classes; the last stands for all others. */
  get size(): number {
    return this.characters.length + 1;
  }

  encode(text: string): Int32Array {
    return Int32Array.from(
      Array.from(text),
      (character) => this.ids.get(character) ?? this.characters.length,
    );
  }

  decode(ids: Iterable<number>): string {
    return Array.from(ids, (id) => this.characters[id] ?? '\ufffd').join('');
  }
}

/** Characters cut into sequences that share none: each is one record. What is left over at the end is dropped. */
export interface Sequences {
  /** Classes of all characters, one sequence after the other. Sensitive, if the text is. */
  readonly ids: Int32Array;
  readonly length: number;
  readonly numSequences: number;
}

/** @param length - Characters of a sequence, the unit of privacy. */
export function sequencesOf(ids: Int32Array, length: number): Sequences {
  const numSequences = Math.floor(ids.length / length);
  return {ids: ids.subarray(0, numSequences * length), length, numSequences};
}

/**
 * Batches for predicting each character from those before it in its sequence: `y` is the sequence, one-hot, [B, T, classes], and
 * `x` the same a character late, with nothing before the first. Sensitive, if the text is.
 */
export function characterBatches(
  {ids, length, numSequences}: Sequences,
  classes: number,
): RandomAccessDataset {
  return {
    numExamples: numSequences,
    get(indices) {
      const [x, y] = [0, 0].map(() => new Float32Array(indices.length * length * classes)) as [
        Float32Array,
        Float32Array,
      ];
      indices.forEach((index, row) => {
        for (let t = 0; t < length; t++) {
          const at = (row * length + t) * classes + (ids[index * length + t] as number);
          y[at] = 1;
          if (t + 1 < length) x[at + classes] = 1;
        }
      });
      const shape: [number, number, number] = [indices.length, length, classes];
      return {x: tf.tensor3d(x, shape), y: tf.tensor3d(y, shape)};
    },
  };
}
