import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers} from '@tensorflow/tfjs-layers';

import {DpError} from '../errors.js';
import {proveSeparation} from '../tape/prove.js';
import {record} from '../tape/record.js';
import {modelOf, squaredLoss, wholeModelError} from '../testing/coverage.js';
import {normalTensor} from '../testing/tensors.js';
import {MIXERS, randomModel} from '../testing/random_model.js';
import {Choices} from '../testing/random_program.js';

/** Models in `npm test`, and in `npm run test:long`. */
const MODELS = process.env['DP_LONG_TESTS'] === undefined ? 60 : 2000;

/** Saturated units can make every gradient zero, and tf.js's own gradient, the oracle, fails on sequences of one step. */
const NOT_OURS = ['every gradient is zero', 'Argument tensors passed to stack must be'];

describe('random models', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test(`${MODELS} stacks of stock layers are accepted, and their gradients equal reruns`, () => {
    const failures: string[] = [];
    for (let seed = 0; seed < MODELS; seed++) {
      tf.tidy(() => {
        const choices = new Choices(2_000_000 + seed);
        const {inputShape, layers: stack, text} = randomModel(choices);
        const model = modelOf(inputShape, stack, seed);
        const examples = 1 + choices.below(4);
        try {
          const error = wholeModelError(model, normalTensor([examples, ...inputShape], seed));
          // Over all variables together: single ones may be all but zero, where normalisation cancels them. Two of it in a
          // row amplify rounding a thousandfold.
          if (!(error < 3e-4)) failures.push(`${seed}: ${text}: error ${error}`);
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          if (!NOT_OURS.some((known) => message.startsWith(known)))
            failures.push(`${seed}: ${text}: ${message.slice(0, 200)}`);
        }
        model.dispose();
      });
    }
    expect(failures).toEqual([]);
  }, 3_600_000);

  test(`${MODELS} stacks with something that mixes examples in them are refused`, () => {
    const accepted: string[] = [];
    for (let seed = 0; seed < MODELS; seed++) {
      tf.tidy(() => {
        const choices = new Choices(3_000_000 + seed);
        const {inputShape, layers: stack, text} = randomModel(choices);
        const mixer = choices.below(MIXERS.length + 1);
        const normalise = mixer === MIXERS.length;
        const before = normalise ? [...stack, layers.batchNormalization({})] : stack;
        const model = modelOf(inputShape, before, seed);
        const after = modelOf((model.outputShape as number[]).slice(1), [layers.dense({units: 2})], seed);
        const x = normalTensor([3, ...inputShape], seed);
        const mix = MIXERS[mixer] ?? ((batch: tf.Tensor) => batch);
        const lossFn = (): tf.Tensor => {
          const mixed = mix(model.apply(x, {training: true}) as tf.Tensor);
          const p = after.apply(mixed, {training: true}) as tf.Tensor;
          return squaredLoss(tf.zeros(p.shape), p);
        };
        try {
          const recording = record(lossFn);
          try {
            proveSeparation(recording, recording.value);
            accepted.push(`${seed}: ${text}, mixer ${mixer}`);
          } finally {
            recording.value.dispose();
            recording.dispose();
          }
        } catch (error) {
          if (!(error instanceof DpError)) throw error;
        }
        model.dispose();
        after.dispose();
      });
    }
    expect(accepted).toEqual([]);
  }, 3_600_000);
});
