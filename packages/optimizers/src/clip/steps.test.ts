import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';

import {checkPrivacyOptions} from '../optimizers/options.js';
import {privateGradient, type StepResult} from '../step.js';
import {crossEntropy, smallCnn, variablesOf} from '../testing/models.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';
import {adaptive, automatic, perLayer, type Clipping} from './mode.js';
import {clippingPlan, type ClippingPlan} from './plan.js';

const B = 6;
const C = 0.4;
const {hypot, min} = Math;

describe.each(['cpu', 'wasm'])('clipping modes of a convolutional network on %s', (backend) => {
  let model: LayersModel;
  beforeAll(async () => {
    await tf.setBackend(backend);
    ensureTrainingKernels();
    model = smallCnn();
  });

  function noiseless(clipping: Clipping, x: tf.Tensor, y: tf.Tensor): StepResult {
    return privateGradient({
      pieces: [{lossFn: () => crossEntropy(y, model.apply(x) as tf.Tensor), batch: [x, y]}],
      variables: variablesOf(model),
      options: checkPrivacyOptions({l2NormClip: C, noiseMultiplier: 0, numMicrobatches: B, clipping}),
      mustReachAll: false,
      optimizer: {className: 'Test', id: 'Test-0'},
      step: 0,
      batchId: '0',
      sampling: {kind: 'unknown'},
    });
  }

  /** One example's clipped gradient, by a forward and a backward pass of its own and the definitions. */
  function alone(plan: ClippingPlan, x: tf.Tensor, y: tf.Tensor): {clipped: number[][]; norm: number} {
    const variables = variablesOf(model);
    const {grads, value} = tf.variableGrads(
      () => tf.mean(crossEntropy(y, model.apply(x) as tf.Tensor)),
      variables,
    );
    const clipped = variables.map(({name}) => [...(grads[name]?.dataSync() ?? [])]);
    tf.dispose([grads, value]);
    const norm = hypot(...clipped.flat());
    const {clipping} = plan;
    for (const part of plan.parts) {
      const length = hypot(...part.variables.flatMap((v) => clipped[v] ?? []));
      const factor =
        clipping !== 'flat' && clipping.kind === 'automatic'
          ? part.l2NormClip / (length + clipping.gamma)
          : min(1, part.l2NormClip / length);
      for (const v of part.variables) clipped[v] = (clipped[v] ?? []).map((value_) => value_ * factor);
    }
    return {clipped, norm};
  }

  test.each([
    ['per layer', perLayer()],
    ['automatic', automatic({gamma: 0.05})],
    ['adaptive', adaptive({targetQuantile: 0.5, learningRate: 1, countNoise: 1e-6})],
  ] as const)('%s equals a loop over single examples', (_, clipping) => {
    const x = tf.mul(normalTensor([B, 14, 14, 1], 1), tf.tensor([0.01, 0.3, 1, 3, 10, 30], [B, 1, 1, 1]));
    const y = oneHotLabels(B, 4, 2);
    const {gradients, nextL2NormClip} = noiseless(clipping, x, y);
    const plan = clippingPlan({l2NormClip: C, microbatchSize: 1, clipping}, variablesOf(model));
    expect(plan.parts).toHaveLength(clipping.kind === 'perLayer' ? 4 : 1);
    const examples = Array.from({length: B}, (__, i) => alone(plan, tf.slice(x, i, 1), tf.slice(y, i, 1)));
    gradients.forEach((gradient, v) => {
      gradient.dataSync<'float32'>().forEach((value, i) => {
        const expected = examples.reduce((sum, {clipped}) => sum + (clipped[v]?.[i] ?? NaN), 0) / B;
        expect(value).toBeCloseTo(expected, 6);
      });
    });
    const below = examples.filter(({norm}) => norm <= C).length / B;
    const expectedClip = clipping.kind === 'adaptive' ? C * Math.exp(-(below - 0.5)) : C;
    expect(nextL2NormClip).toBeCloseTo(expectedClip, 4);
    tf.dispose([gradients, x, y]);
  });

  test('nothing leaks', () => {
    const x = normalTensor([B, 14, 14, 1], 1);
    const y = oneHotLabels(B, 4, 2);
    const step = (clipping: Clipping): void => {
      const {gradients, loss} = noiseless(clipping, x, y);
      tf.dispose([gradients, loss]);
    };
    step(perLayer());
    const before = tf.memory().numTensors;
    for (const clipping of [perLayer(), automatic(), adaptive({targetQuantile: 0.5, countNoise: 1})])
      step(clipping);
    expect(tf.memory().numTensors).toBe(before);
  });
});
