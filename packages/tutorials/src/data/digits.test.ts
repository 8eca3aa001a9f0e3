import {describe, expect, test} from '@jest/globals';
import {seededSource} from '@dp/random';
import {DigitPainter} from './digit_painter.js';
import {GLYPHS, tracePen} from './digit_strokes.js';
import {generateDigits} from './digits.js';
import type {LabelledImages} from './labelled_images.js';
import {sha256} from './testing/mirror.js';

const {train, test: held} = generateDigits({numTrain: 2000, numTest: 200});

describe('generateDigits', () => {
  test('gives the shapes of MNIST', () => {
    expect([train.images.length, train.labels.length, train.numExamples]).toEqual([2000 * 784, 2000, 2000]);
    expect([held.images.length, held.labels.length, held.numExamples]).toEqual([200 * 784, 200, 200]);
    expect(generateDigits({numTrain: 0, numTest: 0}).train.numExamples).toBe(0);
  });

  test('the same seed gives the same digits, another one others; the test set does not depend on numTrain', () => {
    const again = generateDigits({numTrain: 100, numTest: 200});
    expect(sha256(again.test.images)).toBe(sha256(held.images));
    expect(sha256(again.train.images)).toBe(sha256(train.images.subarray(0, 100 * 784)));
    expect(sha256(generateDigits({numTrain: 0, numTest: 200, seed: 2}).test.images)).not.toBe(
      sha256(held.images),
    );
  });

  test('every digit is as likely as the others', () => {
    // Binomial(2000, 1/10): 200 +- 13.4; 6 standard deviations for ten digits are a false alarm in 5e7, and the seed is fixed.
    const counts = Array.from(
      {length: 10},
      (_, digit) => train.labels.filter((label) => label === digit).length,
    );
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(81);
  });

  test('ink and its spread are those of MNIST (0.131 and 0.308 of full), within a tenth', () => {
    const mean = train.images.reduce((sum, v) => sum + v / 255, 0) / train.images.length;
    const square = train.images.reduce((sum, v) => sum + (v / 255) ** 2, 0) / train.images.length;
    expect(Math.abs(mean / 0.1307 - 1)).toBeLessThan(0.1);
    expect(Math.abs(Math.sqrt(square - mean ** 2) / 0.3081 - 1)).toBeLessThan(0.1);
  });

  test('the pen stays on the paper: hardly any ink at the border', () => {
    let border = 0;
    for (let i = 0; i < train.numExamples; i++) {
      for (let k = 0; k < 28; k++) {
        const at = (row: number, column: number) => train.images[i * 784 + row * 28 + column]!;
        if (Math.max(at(0, k), at(27, k), at(k, 0), at(k, 27)) > 100) {
          border++;
          break;
        }
      }
    }
    expect(border / train.numExamples).toBeLessThan(0.01);
  });

  test('can be learned, and not by looking at mean pictures alone', () => {
    const nearestMean = accuracy(meanPictures(train), held);
    expect(nearestMean).toBeGreaterThan(0.5);
    expect(nearestMean).toBeLessThan(0.9);
    expect(nearestNeighbourAccuracy(train, held, 200)).toBeGreaterThan(0.8);
  });

  test.each([{numTrain: -1}, {numTest: 0.5}, {numTrain: Number.NaN}])('refuses %p', (options) => {
    expect(() => generateDigits(options)).toThrow(/^num(Train|Test) must be a whole number >= 0, got /);
  });
});

test('the painter overwrites the whole picture', () => {
  const [clean, used] = [new Uint8Array(784), new Uint8Array(784).fill(255)];
  new DigitPainter(seededSource(5)).paint(clean);
  new DigitPainter(seededSource(5)).paint(used);
  expect(used).toEqual(clean);
});

test('the pen goes through the points of its stroke, and straight between corners', () => {
  const line: number[] = [];
  tracePen(
    [
      [0, 0],
      [1, 0, true],
      [1, 1],
    ],
    line,
    4,
  );
  const points = Array.from({length: line.length / 2}, (_, i) => [line[2 * i]!, line[2 * i + 1]!]);
  expect(points).toContainEqual([0, 0]);
  expect(points).toContainEqual([1, 0]);
  expect(points.at(-1)).toEqual([1, 1]);
  for (const [x, y] of points) expect(y === 0 || x === 1).toBe(true);
});

test('each digit has at least two ways to be written, all in the unit square', () => {
  expect(GLYPHS).toHaveLength(10);
  for (const ways of GLYPHS) {
    expect(ways.length).toBeGreaterThan(1);
    for (const [x, y] of ways.flat(2)) expect(Math.min(x, y, 1 - x, 1 - y)).toBeGreaterThanOrEqual(0);
  }
});

function meanPictures({images, labels}: LabelledImages): Float64Array[] {
  const means = Array.from({length: 10}, () => new Float64Array(784));
  const counts = new Float64Array(10);
  labels.forEach((label, i) => {
    counts[label]!++;
    for (let k = 0; k < 784; k++) means[label]![k]! += images[i * 784 + k]!;
  });
  return means.map((mean, digit) => mean.map((v) => v / counts[digit]!));
}

function accuracy(centres: readonly Float64Array[], {images, labels, numExamples}: LabelledImages): number {
  let right = 0;
  for (let i = 0; i < numExamples; i++) {
    const distances = centres.map((centre) => distance(centre, images.subarray(i * 784, (i + 1) * 784)));
    if (distances.indexOf(Math.min(...distances)) === labels[i]) right++;
  }
  return right / numExamples;
}

function nearestNeighbourAccuracy(known: LabelledImages, asked: LabelledImages, count: number): number {
  let right = 0;
  for (let i = 0; i < count; i++) {
    const picture = asked.images.subarray(i * 784, (i + 1) * 784);
    let [nearest, label] = [Infinity, -1];
    for (let n = 0; n < known.numExamples; n++) {
      const found = distance(known.images.subarray(n * 784, (n + 1) * 784), picture);
      if (found < nearest) [nearest, label] = [found, known.labels[n]!];
    }
    if (label === asked.labels[i]) right++;
  }
  return right / count;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < 784; k++) sum += (a[k]! - b[k]!) ** 2;
  return sum;
}
