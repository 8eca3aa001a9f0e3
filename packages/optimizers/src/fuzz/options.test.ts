import {beforeAll, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import fc from 'fast-check';

import {adaptive, automatic, type Clipping, perLayer} from '../clip/mode.js';
import {DpError} from '../errors.js';
import {OPTIMIZERS} from '../testing/optimizers.js';

// Whatever the options: a step is released with a row that says what bounds it, or an error names the option.
const STEPS = process.env['DP_LONG_TESTS'] === undefined ? 60 : 3000;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const size = fc.oneof({weight: 6, arbitrary: fc.integer({min: 1, max: 8})}, fc.constantFrom(0, -1, 1.5, NaN));
const positive = fc.oneof(
  {weight: 6, arbitrary: fc.double({min: 1e-3, max: 1e3, noNaN: true})},
  fc.constantFrom(0, -1, NaN, Infinity, 1e-30, 1e30, 1e300),
);
const clipping: fc.Arbitrary<Clipping> = fc.constantFrom<Clipping>(
  'flat',
  automatic(),
  adaptive({targetQuantile: 0.5, countNoise: 1000}),
  perLayer({
    groups: [
      {of: ['a'], clip: 3},
      {of: ['b'], noise: 2},
    ],
  }),
);
const options = fc.record(
  {
    l2NormClip: positive,
    noiseMultiplier: positive,
    numMicrobatches: size,
    expectedBatchSize: size,
    microbatchSize: size,
    clipping,
  },
  {requiredKeys: ['l2NormClip', 'noiseMultiplier', 'numMicrobatches']},
);

test('a step of any options is released as its row says, or refused by the name of an option', () => {
  let released = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...OPTIMIZERS),
      options,
      fc.integer({min: 1, max: 12}),
      ({make}, given, n) => {
        const [a, b] = [tf.variable(tf.zeros([2]), true, 'a'), tf.variable(tf.scalar(0), true, 'b')];
        const x = tf.reshape(tf.linspace(-100, 90, 2 * n), [n, 2]);
        try {
          const optimizer = make(given);
          const losses = (): tf.Tensor => tf.add(tf.sum(tf.mul(x, a), 1), b);
          optimizer.minimize(losses, false, [a, b]);
          released++;
          const row = optimizer.ledger.rows.find(({what}) => what === 'gradientSum')!;
          const {l2NormClip: c, numMicrobatches, microbatchSize: k} = optimizer.privacyOptions;
          expect(row).toMatchObject({
            l2NormClip: c,
            divisor: numMicrobatches,
            microbatchSize: k,
            numParameters: 3,
          });
          expect(optimizer.ledger.rows).toHaveLength(optimizer.ledger.rows.length > 1 ? 2 : 1);
          // A mean of several examples moves anywhere in the ball: by twice its radius.
          const bound = c * (k > 1 ? 2 : 1);
          expect(row.sensitivity).toBeGreaterThanOrEqual(bound * (1 - 1e-12));
          expect(row.sensitivity).toBeLessThanOrEqual(bound * (1 + 1e-6) + row.grid * Math.sqrt(3));
          // With a count beside it, the gradient's noise is larger.
          const deviation = row.noiseMultiplier * row.sensitivity;
          expect(deviation).toBeGreaterThanOrEqual(given.noiseMultiplier * c * (1 - 1e-6));
          if (given.clipping === undefined || given.clipping === 'flat')
            expect(deviation).toBeLessThanOrEqual(given.noiseMultiplier * c * (1 + 1e-6));
          for (const variable of [a, b]) expect([...variable.dataSync()].every(Number.isFinite)).toBe(true);
          optimizer.dispose();
        } catch (error) {
          if (!(error instanceof DpError)) throw error;
          expect(error.message).toMatch(
            /l2NormClip|noiseMultiplier|numMicrobatches|expectedBatchSize|microbatchSize|countNoise|stepsPerTree|clipping/,
          );
          expect([...a.dataSync(), ...b.dataSync()]).toEqual([0, 0, 0]);
        } finally {
          tf.dispose([a, b, x]);
        }
      },
    ),
    {numRuns: STEPS},
  );
  expect(released).toBeGreaterThan(STEPS / 20);
});
