import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';

import {dpSGD} from '../optimizers/dp_sgd.js';
import {ema} from './averaging.js';

const B = 2;

describe('averages of weights', () => {
  let variable: tf.Variable;
  let x: tf.Tensor;
  const make = (decay?: number) =>
    dpSGD({
      learningRate: 1,
      l2NormClip: 100,
      noiseMultiplier: 0,
      numMicrobatches: B,
      ...(decay !== undefined && {averaging: ema({decay, warmUp: false})}),
    });
  const step = (optimizer: tf.Optimizer): unknown =>
    optimizer.minimize(() => tf.sum(tf.mul(x, variable), 1), false, [variable]);
  const value = (): number => variable.dataSync()[0]!;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    variable = tf.variable(tf.zeros([2]));
    x = tf.ones([B, 2]);
  });

  test('are what the recursion says, stand in while they are asked for, and change no step', async () => {
    const optimizer = make(0.75);
    variable.assign(tf.zeros([2]));
    let average = NaN;
    for (let i = 0; i < 5; i++) {
      step(optimizer);
      expect(value()).toBe(-(i + 1));
      average = i === 0 ? -1 : 0.75 * average + 0.25 * value();
    }
    const result = await optimizer.withAveragedWeights(async () => {
      expect(() => step(optimizer)).toThrow('replaced by their averages');
      return value();
    });
    expect(result).toBeCloseTo(average, 6);
    expect(value()).toBe(-5);
    await expect(
      optimizer.withAveragedWeights(() => {
        throw new Error('mine');
      }),
    ).rejects.toThrow('mine');
    step(optimizer);
    expect(value()).toBe(-6);
  });

  test('go on from a checkpoint, leak nothing, and are part of the configuration', async () => {
    const start = tf.memory().numTensors;
    const optimizer = make(0.5);
    for (let i = 0; i < 3; i++) tf.tidy(() => void step(optimizer));
    const weights = await optimizer.getWeights();
    expect(weights.map(({name}) => name)).toEqual(['iter', `${variable.name}/ema`]);
    const resumed = make(0.5);
    resumed.useLedger(optimizer.ledger);
    await resumed.setWeights(weights);
    expect(await resumed.withAveragedWeights(value)).toBe(await optimizer.withAveragedWeights(value));
    tf.tidy(() => void step(resumed));
    weights[0]!.tensor.dispose();
    expect(optimizer.getConfig()).toMatchObject({averaging: {averaging: 'ema', decay: 0.5, warmUp: false}});
    optimizer.dispose();
    resumed.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });

  test('without the option leave the weights in place', async () => {
    const optimizer = make();
    variable.assign(tf.ones([2]));
    expect(await optimizer.withAveragedWeights(value)).toBe(1);
    expect(() => ema({decay: 1})).toThrow('decay must be a number in [0, 1), got 1');
  });
});
