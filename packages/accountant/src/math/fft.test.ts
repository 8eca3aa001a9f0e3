import {expect, test} from '@jest/globals';
import fc from 'fast-check';
import {fft, fftError, rootsOfUnity} from './fft.js';

/** The transform by its definition, with exact phases from the table and compensated sums. */
function byDefinition(re: Float64Array, im: Float64Array): [Float64Array, Float64Array] {
  const size = re.length;
  const {cos, sin} = rootsOfUnity(size);
  const outRe = new Float64Array(size);
  const outIm = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    for (let j = 0; j < size; j++) {
      const c = cos[(j * k) % size]!;
      const s = sin[(j * k) % size]!;
      outRe[k]! += re[j]! * c + im[j]! * s;
      outIm[k]! += im[j]! * c - re[j]! * s;
    }
  }
  return [outRe, outIm];
}

test.each([8, 16, 256])('roots of unity of order %d are right to one rounding', (size) => {
  const {cos, sin} = rootsOfUnity(size);
  for (let k = 0; k < size; k++) {
    expect(Math.abs(cos[k]! - Math.cos((2 * Math.PI * k) / size))).toBeLessThan(1e-15);
    expect(Math.abs(sin[k]! - Math.sin((2 * Math.PI * k) / size))).toBeLessThan(1e-15);
  }
  expect([cos[0], cos[size / 4], cos[size / 2]].map((x) => Math.abs(x!))).toEqual([1, 0, 1]);
  expect([sin[0], sin[size / 4], sin[size / 2]].map((x) => Math.abs(x!))).toEqual([0, 1, 0]);
});

test('equals the definition within its stated error', () => {
  const complex = fc.array(fc.double({min: -1, max: 1, noNaN: true}), {minLength: 128, maxLength: 128});
  fc.assert(
    fc.property(complex, (values) => {
      const re = Float64Array.from(values.slice(0, 64));
      const im = Float64Array.from(values.slice(64));
      const [wantedRe, wantedIm] = byDefinition(re, im);
      const sum = values.reduce((total, value) => total + Math.abs(value), 0);
      fft(re, im, rootsOfUnity(64));
      for (let k = 0; k < 64; k++) {
        expect(Math.hypot(re[k]! - wantedRe[k]!, im[k]! - wantedIm[k]!)).toBeLessThanOrEqual(
          // The definition's own sum of 64 terms rounds too.
          sum * (fftError(64) + 64 * 2 ** -53),
        );
      }
    }),
    {numRuns: 20},
  );
});

test('of a geometric sequence it is the closed form', () => {
  const size = 4096;
  const re = Float64Array.from({length: size}, (_, j) => 0.99 ** j);
  const im = new Float64Array(size);
  const {cos, sin} = rootsOfUnity(size);
  fft(re, im, rootsOfUnity(size));
  for (let k = 0; k < size; k += 7) {
    const dr = 1 - 0.99 * cos[k]!;
    const di = 0.99 * sin[k]!;
    const top = (1 - 0.99 ** size) / (dr * dr + di * di);
    expect(Math.hypot(re[k]! - top * dr, im[k]! + top * di)).toBeLessThan(1e-10);
  }
});
