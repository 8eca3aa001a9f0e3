import {seededSource} from '@dp/random';
import {DigitPainter} from './digit_painter.js';
import type {LabelledImages} from './labelled_images.js';

/** Options of {@link generateDigits}. */
export interface DigitsOptions {
  /** Default 60,000, as in MNIST. */
  readonly numTrain?: number | undefined;
  /** Default 10,000, as in MNIST. */
  readonly numTest?: number | undefined;
  /** The same seed gives the same digits. Default 1998. */
  readonly seed?: number | undefined;
}

/**
 * Digits drawn by code, of the shape of MNIST, for machines that can't download it: pen strokes in several ways of writing,
 * with random slant, size, thickness and wobble. They hold no data about anyone, and accuracy on them says nothing about MNIST.
 * The test set does not depend on `numTrain`.
 *
 * @throws RangeError if a number of examples is not a whole number, 0 or more.
 */
export function generateDigits(options: DigitsOptions = {}): {train: LabelledImages; test: LabelledImages} {
  const {numTrain = 60_000, numTest = 10_000, seed = 1998} = options;
  for (const [name, value] of Object.entries({numTrain, numTest})) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a whole number >= 0, got ${value}`);
    }
  }
  const painter = new DigitPainter(seededSource(seed));
  const test = paint(painter, numTest);
  return {train: paint(painter, numTrain), test};
}

function paint(painter: DigitPainter, numExamples: number): LabelledImages {
  const images = new Uint8Array(numExamples * 784);
  const labels = new Uint8Array(numExamples);
  for (let i = 0; i < numExamples; i++) {
    labels[i] = painter.paint(images.subarray(i * 784, (i + 1) * 784));
  }
  return {images, labels, numExamples};
}
