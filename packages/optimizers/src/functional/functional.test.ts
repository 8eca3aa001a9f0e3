import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {seededSource} from '@dp/random';

import {Ledger} from '../account/ledger.js';
import {poissonSampler} from '../account/poisson_samplers.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import {crossEntropy, mlp, variablesOf, weightValues} from '../testing/models.js';
import {rerunGradients} from '../testing/per_example.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';
import {checkPerExampleGradients} from './check.js';
import {clippedGradients} from './clipped_gradients.js';
import {explain} from './explain.js';
import {perExampleGradients} from './per_example_gradients.js';
import {privateMean} from './private_mean.js';

const B = 6;

describe('the functional API', () => {
  let x: tf.Tensor;
  let y: tf.Tensor;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    x = normalTensor([B, 5], 1);
    y = oneHotLabels(B, 3, 2);
  });

  test('perExampleGradients gives losses, gradients and norms of single examples', () => {
    const model = mlp();
    const variables = variablesOf(model);
    const lossOf = (xs: tf.Tensor, ys: tf.Tensor): tf.Tensor =>
      crossEntropy(ys, model.apply(xs) as tf.Tensor);
    const before = tf.memory().numTensors;
    const {loss, gradients, norms} = perExampleGradients(() => lossOf(x, y), variables, {batch: [x, y]});
    const expected = tf.tidy(() => lossOf(x, y).dataSync());
    loss.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
    const rerun = rerunGradients(lossOf, x, y, variables);
    variables.forEach(({name, shape}, v) => {
      expect(gradients[name]?.shape).toEqual([B, ...shape]);
      gradients[name]
        ?.dataSync()
        .forEach((value, i) => expect(value).toBeCloseTo(rerun[v]?.flat()[i] ?? NaN, 5));
    });
    norms.dataSync().forEach((norm, i) => {
      expect(norm).toBeCloseTo(Math.hypot(...rerun.flatMap((examples) => examples[i] ?? [])), 5);
    });
    tf.dispose([loss, gradients, norms]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('perExampleGradients shows an example that is not finite as such', () => {
    const model = mlp('relu');
    const bad = tf.concat([tf.slice(x, 0, B - 1), tf.fill([1, 5], NaN)]);
    const {gradients, norms} = perExampleGradients(
      () => crossEntropy(y, model.apply(bad) as tf.Tensor),
      variablesOf(model),
    );
    expect([...norms.dataSync()].map(Number.isFinite)).toEqual([true, true, true, true, true, false]);
    const [kernel] = Object.values(gradients);
    expect(kernel?.dataSync().slice(-1)[0]).toBeNaN();
  });

  test('clippedGradients carries its sensitivity, and takes an empty batch', () => {
    const model = mlp();
    const variables = variablesOf(model);
    const options = {l2NormClip: 0.1, normalizeBy: 4};
    const clipped = clippedGradients(() => crossEntropy(y, model.apply(x) as tf.Tensor), variables, options);
    const rerun = rerunGradients((xs, ys) => crossEntropy(ys, model.apply(xs) as tf.Tensor), x, y, variables);
    variables.forEach(({name}, v) => {
      clipped.sum[name]?.dataSync().forEach((value, j) => {
        const expected = (rerun[v] ?? []).reduce((total, gradient, i) => {
          const norm = Math.hypot(...rerun.flatMap((examples) => examples[i] ?? []));
          return total + ((gradient[j] ?? NaN) * Math.min(1, 0.1 / norm)) / 4;
        }, 0);
        expect(value).toBeCloseTo(expected, 6);
      });
    });
    expect(clipped.norms).toHaveLength(B);
    expect(clipped.sensitivity('addOrRemoveOne')).toBeCloseTo(0.025, 8);
    expect(clipped.sensitivity('replaceOne')).toBeCloseTo(0.05, 8);
    const grouped = clippedGradients(() => crossEntropy(y, model.apply(x) as tf.Tensor), variables, {
      ...options,
      microbatchSize: 2,
    });
    expect(grouped.norms).toHaveLength(B / 2);
    expect(grouped.sensitivity('replaceSpecial')).toBeCloseTo(0.05, 8);
    expect(() => grouped.sensitivity('addOrRemoveOne')).toThrow('no bound under addOrRemoveOne');
    expect(() => clippedGradients(() => tf.scalar(0), variables, {l2NormClip: 0})).toThrow(
      'l2NormClip must be',
    );
    const none = clippedGradients(() => tf.tensor1d([]), variables, options);
    expect(Object.values(none.sum).every((sum) => sum.dataSync().every((value) => value === 0))).toBe(true);
  });

  test('a hand-written loop equals the optimizer, row by row', () => {
    const ledger = new Ledger();
    const [mine, theirs] = [mlp(), mlp()];
    const losses = (model: ReturnType<typeof mlp>) => (): tf.Tensor =>
      crossEntropy(y, model.apply(x) as tf.Tensor);
    const drawn = {
      ...poissonSampler({numExamples: 100, batchSize: B, source: seededSource(1)}).next(),
      indices: new Int32Array(B),
    };
    const clipping = {l2NormClip: 1, noiseMultiplier: 1, batch: [x, y]};
    const {exact, sum} = clippedGradients(losses(mine), variablesOf(mine), clipping);
    const {gradients, row} = privateMean(exact, {
      noiseMultiplier: 1,
      normalizeBy: B,
      ledger,
      drawn,
      randomSource: seededSource(3),
    });
    tf.train.sgd(0.1).applyGradients(gradients);
    tf.dispose([sum, gradients]);

    const optimizer = dpSGD({
      learningRate: 0.1,
      l2NormClip: 1,
      noiseMultiplier: 1,
      numMicrobatches: B,
      randomSource: seededSource(3),
    });
    optimizer.minimizeDrawn(drawn, losses(theirs), {batch: [x, y], varList: variablesOf(theirs)}).dispose();
    expect(weightValues(mine)).toEqual(weightValues(theirs));
    expect(optimizer.ledger.rows).toEqual([{...row, optimizer: {className: 'DPSGD', id: 'DPSGD-0'}}]);
    expect(ledger.rows).toEqual([row]);
  });

  test('explain says how each variable is formed, for a model and for a loss, and refuses what a step would', () => {
    const model = mlp();
    const names = variablesOf(model).map((variable) => variable.name);
    const {batchTensors, variables, text} = explain(model);
    expect(batchTensors).toBe('declared');
    expect(variables.map(({name}) => name)).toEqual(names);
    expect(variables[0]).toMatchObject({
      shape: [5, 7],
      uses: ['dense [2, 1, 5] x [2, 1, 7]'],
      strategy: 'outer',
      multiplyAdds: 47,
    });
    for (const name of names) expect(text).toContain(name);
    const lossFn = (): tf.Tensor => crossEntropy(y, model.apply(x) as tf.Tensor);
    expect(explain(lossFn, variablesOf(model))).toMatchObject({batchTensors: 'assumed', batchSize: B});
    expect(() => explain(() => tf.sub(lossFn(), tf.mean(lossFn())), variablesOf(model))).toThrow(
      'mixes the examples',
    );
  });

  test('checkPerExampleGradients finds a correct model equal, and would find another one', () => {
    const model = mlp();
    const check = checkPerExampleGradients(model, x, y, crossEntropy);
    expect(check.equal).toBe(true);
    expect(Object.keys(check.relativeErrors)).toEqual(variablesOf(model).map((variable) => variable.name));
    // A model whose forward pass differs between calls cannot agree with its reruns.
    let calls = 0;
    const drifting = {
      trainableWeights: model.trainableWeights,
      apply: (input: tf.Tensor): tf.Tensor => tf.mul(model.apply(input) as tf.Tensor, ++calls),
    };
    expect(checkPerExampleGradients(drifting, x, y, crossEntropy).equal).toBe(false);
  });
});
