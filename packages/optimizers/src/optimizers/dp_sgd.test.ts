import {beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {layers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';
import {seededSource} from '@dp/random';

import {Ledger} from '../account/ledger.js';
import {crossEntropy, mlp, smallCnn, variablesOf, weightValues} from '../testing/models.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {dpSGD, DpSgdOptimizer, type DpSgdOptions} from './dp_sgd.js';

const B = 8;
const OPTIONS: DpSgdOptions = {learningRate: 0.1, l2NormClip: 1, noiseMultiplier: 0, numMicrobatches: B};

function compiled(model: LayersModel, optimizer: tf.Optimizer): LayersModel {
  model.compile({optimizer, loss: crossEntropy});
  return model;
}

function distance(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return Math.max(
    ...a.flatMap((values, v) => Array.from(values, (value, i) => Math.abs(value - (b[v]?.[i] ?? NaN)))),
  );
}

describe.each(['cpu', 'wasm'])('dpSGD on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    ensureTrainingKernels();
  });

  test('with no noise and a huge clip equals tf.train.sgd step by step', async () => {
    const plain = compiled(smallCnn(), tf.train.sgd(0.1));
    const mine = compiled(smallCnn(), dpSGD({...OPTIONS, l2NormClip: 100}));
    for (let step = 0; step < 4; step++) {
      const x = normalTensor([B, 14, 14, 1], step);
      const y = oneHotLabels(B, 4, step + 10);
      const losses = [await plain.trainOnBatch(x, y), await mine.trainOnBatch(x, y)] as number[];
      expect(losses[1]).toBeCloseTo(losses[0] as number, 5);
      expect(distance(weightValues(mine), weightValues(plain))).toBeLessThan(2e-6);
    }
  });

  test('a plain compile and fit works, with metrics, and writes a row a step', async () => {
    const optimizer = dpSGD({...OPTIONS, noiseMultiplier: 0.5});
    const model = mlp();
    model.compile({optimizer, loss: 'meanSquaredError', metrics: ['accuracy']});
    const history = await model.fit(normalTensor([20, 5], 1), oneHotLabels(20, 3, 2), {
      batchSize: B,
      epochs: 2,
    });
    expect(Object.keys(history.history)).toEqual(expect.arrayContaining(['loss', 'acc']));
    expect(optimizer.ledger.rows.map((row) => row.release)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(optimizer.ledger.rows[0]).toMatchObject({
      sampling: {kind: 'unknown'},
      noiseMultiplier: 0.5,
      l2NormClip: 1,
      divisor: B,
      microbatchSize: 1,
      random: {secure: true},
    });
  });

  test('each example moves the weights by at most learningRate * C / B, however large its gradient', async () => {
    const model = compiled(mlp('relu'), dpSGD({...OPTIONS, learningRate: 1, l2NormClip: 0.5}));
    const before = weightValues(model);
    await model.trainOnBatch(tf.mul(normalTensor([1, 5], 3), 1e6), oneHotLabels(1, 3, 4));
    const after = weightValues(model);
    const moved = Math.sqrt(
      before.reduce(
        (sum, w, v) => w.reduce((s, value, i) => s + (value - (after[v]?.[i] ?? NaN)) ** 2, sum),
        0,
      ),
    );
    expect(moved).toBeCloseTo(0.5 / B, 6);
  });

  test('neighbouring batches give sums no further apart than the ledger says, whatever is added and wherever', () => {
    const l2NormClip = 0.3;
    const strange = [1, -1, 0, 1e-30, 1e4, -1e15];
    for (const [i, scale] of strange.entries()) {
      const model = smallCnn();
      const others = normalTensor([5, 14, 14, 1], 70);
      const one = tf.mul(normalTensor([1, 14, 14, 1], 71), scale);
      const labels = oneHotLabels(6, 4, 72);
      const gradients = (x: tf.Tensor, y: tf.Tensor): {values: number[]; sensitivity: number} => {
        const optimizer = dpSGD({
          ...OPTIONS,
          l2NormClip,
          numMicrobatches: 1,
          expectedBatchSize: 1,
          microbatchSize: 1,
        });
        const {value, grads} = optimizer.computeGradients(
          () => crossEntropy(y, model.apply(x) as tf.Tensor),
          variablesOf(model),
        );
        const values = Object.values(grads).flatMap((gradient) => [...gradient.dataSync()]);
        tf.dispose([value, grads]);
        return {values, sensitivity: optimizer.ledger.rows[0]?.sensitivity ?? NaN};
      };
      const rows = tf.unstack(labels).map((row) => tf.expandDims(row, 0));
      const at = i % 6;
      const kept = rows.filter((_, r) => r !== at);
      const without = gradients(others, tf.concat(kept));
      const parts = tf.unstack(others).map((row) => tf.expandDims(row, 0));
      const withOne = gradients(tf.concat([...parts.slice(0, at), one, ...parts.slice(at)]), labels);
      const distance = Math.hypot(...withOne.values.map((value, j) => value - (without.values[j] ?? NaN)));
      // The divisor is 1, so the gradient is the sum, converted to float32.
      expect(distance).toBeLessThanOrEqual(withOne.sensitivity + 1e-6);
      if (Math.abs(scale) >= 1) expect(distance).toBeGreaterThan(0.1);
    }
  });

  test('no tensor leaks over 100 steps', async () => {
    const model = compiled(mlp(), dpSGD({...OPTIONS, noiseMultiplier: 1}));
    const x = normalTensor([B, 5], 5);
    const y = oneHotLabels(B, 3, 6);
    await model.trainOnBatch(x, y);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 100; step++) await model.trainOnBatch(x, y);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a step that fails leaks nothing and changes nothing', async () => {
    const optimizer = dpSGD(OPTIONS);
    const model = sequential({
      layers: [
        layers.dense({inputShape: [5], units: 3}),
        layers.batchNormalization(),
        layers.dense({units: 3}),
      ],
    });
    compiled(model, optimizer);
    const x = normalTensor([B, 5], 7);
    const y = oneHotLabels(B, 3, 8);
    const weights = model.getWeights().map((weight) => weight.dataSync<'float32'>().slice());
    await expect(model.trainOnBatch(x, y)).rejects.toThrow('moving_mean');
    const before = tf.memory().numTensors;
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(/layer 'batch_normalization/);
    expect(tf.memory().numTensors).toBe(before);
    expect(model.getWeights().map((weight) => weight.dataSync<'float32'>().slice())).toEqual(weights);
    expect(optimizer.ledger.rows).toHaveLength(0);
  });

  describe('batches of any size', () => {
    const sampled = {id: '', indices: new Int32Array(1), sampling: {kind: 'unknown' as const}};
    const step = (optimizer: DpSgdOptimizer, model: LayersModel, rows: number): void => {
      const x = normalTensor([rows, 5], 9);
      const y = oneHotLabels(rows, 3, 10);
      const varList = variablesOf(model);
      optimizer
        .minimizeDrawn(sampled, () => crossEntropy(y, model.apply(x) as tf.Tensor), {batch: [x, y], varList})
        .dispose();
    };

    test('one example and a partial batch are divided by the public constant', () => {
      for (const rows of [1, 3]) {
        const plain = mlp();
        const mine = mlp();
        step(dpSGD({...OPTIONS, l2NormClip: 100}), mine, rows);
        const x = normalTensor([rows, 5], 9);
        const y = oneHotLabels(rows, 3, 10);
        const loss = (): tf.Scalar => tf.div(tf.sum(crossEntropy(y, plain.apply(x) as tf.Tensor)), B);
        tf.train.sgd(0.1).minimize(loss, false, variablesOf(plain));
        expect(distance(weightValues(mine), weightValues(plain))).toBeLessThan(2e-6);
      }
    });

    test('an empty batch is a step of noise with a row, and calls nothing', () => {
      const ledger = new Ledger();
      const optimizer = dpSGD({...OPTIONS, noiseMultiplier: 1, ledger});
      const model = mlp();
      const before = weightValues(model);
      const loss = optimizer.minimizeDrawn(
        {...sampled, indices: new Int32Array(0)},
        () => {
          throw new Error('must not be called');
        },
        {varList: variablesOf(model)},
      );
      expect(loss.dataSync()[0]).toBeNaN();
      expect(ledger.rows).toHaveLength(1);
      weightValues(model).forEach((values, v) =>
        values.forEach((value, i) => expect(value).not.toBe(before[v]?.[i])),
      );
    });

    test('rows that were not drawn are refused before any release, and the error does not say how many came', () => {
      const model = mlp();
      const poisson = {kind: 'poisson', numExamples: 100, samplingProbability: 0.05} as const;
      for (const rows of [3, 6]) {
        const optimizer = dpSGD({...OPTIONS, expectedBatchSize: B});
        const x = normalTensor([rows, 5], 9);
        const y = oneHotLabels(rows, 3, 10);
        const drawn = {id: 'p', indices: new Int32Array(5), sampling: poisson};
        const losses = (): tf.Tensor => crossEntropy(y, model.apply(x) as tf.Tensor);
        expect(() =>
          optimizer.minimizeDrawn(drawn, losses, {batch: [x, y], varList: variablesOf(model)}),
        ).toThrow(/^the batch holds (more|fewer) examples than the sampler drew[^0-9]*$/);
        expect(optimizer.ledger.rows).toHaveLength(0);
      }
    });

    test('twice the expected size is refused before any release unless a size was promised', () => {
      const model = mlp();
      const careless = dpSGD(OPTIONS);
      expect(() => step(careless, model, 2 * B)).toThrow('Set expectedBatchSize');
      expect(careless.ledger.rows).toHaveLength(0);
      const careful = dpSGD({...OPTIONS, expectedBatchSize: B});
      step(careful, model, 2 * B);
      expect(careful.ledger.rows).toHaveLength(1);
    });
  });

  describe('microbatches', () => {
    test('clip the mean of each group, keep size and divisor for a short last group, and count twice the sensitivity', () => {
      const k = 3;
      const model = mlp();
      const reference = mlp();
      const optimizer = dpSGD({
        learningRate: 1,
        l2NormClip: 0.05,
        noiseMultiplier: 0,
        numMicrobatches: 2,
        microbatchSize: k,
      });
      const x = normalTensor([5, 5], 11);
      const y = oneHotLabels(5, 3, 12);
      optimizer.minimize(
        () => tf.mean(crossEntropy(y, model.apply(x) as tf.Tensor)),
        false,
        variablesOf(model),
      );

      const expected = variablesOf(reference).map((variable) => new Float32Array(variable.size));
      for (const [start, size] of [
        [0, 3],
        [3, 2],
      ] as const) {
        const {grads} = tf.variableGrads(
          () =>
            tf.mean(
              crossEntropy(tf.slice(y, start, size), reference.apply(tf.slice(x, start, size)) as tf.Tensor),
            ),
          variablesOf(reference),
        );
        const values = variablesOf(reference).map((variable) => grads[variable.name]?.dataSync() ?? []);
        const norm = Math.sqrt(
          values.reduce((sum, g) => sum + Array.from(g).reduce((s, value) => s + value * value, 0), 0),
        );
        values.forEach((g, v) =>
          g.forEach((value, i) => (expected[v]![i]! -= (value * Math.min(1, 0.05 / norm)) / 2)),
        );
      }
      const moved = weightValues(model).map((values, v) =>
        values.map((value, i) => value - (weightValues(reference)[v]?.[i] ?? NaN)),
      );
      expect(distance(moved, expected)).toBeLessThan(1e-6);
      expect(optimizer.ledger.rows[0]?.sensitivity).toBeCloseTo(0.1, 6);
    });

    test('refuse Poisson batches', () => {
      const optimizer = dpSGD({...OPTIONS, numMicrobatches: 4, expectedBatchSize: 8});
      const drawn = {
        id: '0',
        indices: new Int32Array(8),
        sampling: {kind: 'poisson' as const, numExamples: 80, samplingProbability: 0.1},
      };
      expect(() => optimizer.minimizeDrawn(drawn, () => tf.scalar(0))).toThrow(
        'microbatches of 2 examples need batches of fixed size',
      );
    });
  });

  test('an example that is not finite is left out whole, and the others count as before', () => {
    const rows = [0, 1, 2, 3].map((seed) => normalTensor([1, 5], 20 + seed));
    const y = oneHotLabels(4, 3, 30);
    const train = (x: tf.Tensor, labels: tf.Tensor): Float32Array[] => {
      const model = mlp('relu');
      dpSGD({...OPTIONS, learningRate: 1}).minimize(
        () => crossEntropy(labels, model.apply(x) as tf.Tensor),
        false,
        variablesOf(model),
      );
      return weightValues(model);
    };
    const without = train(tf.concat(rows.filter((_, i) => i !== 2)), tf.gather(y, [0, 1, 3]));
    for (const value of [NaN, Infinity]) {
      const x = tf.concat(rows.map((row, i) => (i === 2 ? tf.mul(row, value) : row)));
      expect(train(x, y)).toEqual(without);
    }
  });
});

describe('dpSGD', () => {
  beforeEach(async () => {
    await tf.setBackend('cpu');
  });

  test('options out of bounds are refused with name, value and bound', () => {
    const make = (options: Partial<DpSgdOptions>) => () => dpSGD({...OPTIONS, ...options});
    expect(make({l2NormClip: -1})).toThrow('l2NormClip must be a finite number > 0, got -1');
    expect(make({noiseMultiplier: NaN})).toThrow('noiseMultiplier must be a finite number >= 0, got NaN');
    expect(make({learningRate: 0})).toThrow('learningRate must be a finite number > 0, got 0');
    expect(make({numMicrobatches: 1.5})).toThrow('numMicrobatches must be an integer >= 1, got 1.5');
    expect(make({numMicrobatches: 3, expectedBatchSize: 8})).toThrow(
      'expectedBatchSize must be a multiple of numMicrobatches (3), got 8',
    );
    expect(make({numMicrobatches: 4, expectedBatchSize: 8, microbatchSize: 3})).toThrow(
      'give two of the three',
    );
  });

  test('is told apart from an optimizer that is not private', () => {
    expect(dpSGD(OPTIONS)).toBeInstanceOf(PrivateOptimizer);
    expect(dpSGD(OPTIONS)).toBeInstanceOf(tf.Optimizer);
    expect(tf.train.sgd(1)).not.toBeInstanceOf(PrivateOptimizer);
  });

  test('survives a round trip through its configuration', () => {
    const optimizer = dpSGD({...OPTIONS, expectedBatchSize: 16});
    const copy = DpSgdOptimizer.fromConfig(DpSgdOptimizer, optimizer.getConfig());
    expect(copy.getConfig()).toEqual(optimizer.getConfig());
    expect(copy.getClassName()).toBe('@dp/optimizers>DPSGD');
  });

  test('regularizers are added outside of clipping and noise', async () => {
    const make = async (optimizer: tf.Optimizer): Promise<Float32Array[]> => {
      const model = mlp();
      const l2 = (weights: tf.Tensor): tf.Scalar => tf.mul(0.5, tf.sum(tf.square(weights)));
      const [kernel] = variablesOf(model);
      const x = normalTensor([B, 5], 40);
      const y = oneHotLabels(B, 3, 41);
      optimizer.minimize(
        () => tf.add(tf.mean(crossEntropy(y, model.apply(x) as tf.Tensor)), l2(kernel as tf.Tensor)),
        false,
        variablesOf(model),
      );
      return weightValues(model);
    };
    expect(
      distance(await make(dpSGD({...OPTIONS, l2NormClip: 100})), await make(tf.train.sgd(0.1))),
    ).toBeLessThan(2e-6);
    // The penalty's gradient survives a clip that leaves nothing of the examples'.
    const [tiny] = await make(dpSGD({...OPTIONS, l2NormClip: 1e-9}));
    const [start] = weightValues(mlp());
    tiny?.forEach((value, i) => expect(value).toBeCloseTo(0.9 * (start?.[i] ?? NaN), 6));
  });

  test('the set of variables cannot change between steps', () => {
    const [a, b] = [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))];
    const optimizer = dpSGD(OPTIONS);
    const x = normalTensor([B, 2], 50);
    optimizer.minimize(() => tf.mean(tf.mul(x, a), 1), false, [a]);
    expect(() => optimizer.minimize(() => tf.mean(tf.mul(x, a), 1), false, [a, b])).toThrow(
      'changed from 1 to 2',
    );
    tf.dispose([a, b]);
  });

  test('variables that the loss does not use are refused where none were named, and noised where they were', () => {
    tf.disposeVariables();
    const [used, other] = [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]), true, 'of another model')];
    const x = normalTensor([B, 2], 51);
    const loss = (): tf.Tensor => tf.mean(tf.mul(x, used), 1);
    const careless = dpSGD({...OPTIONS, noiseMultiplier: 1});
    expect(() => careless.minimize(loss)).toThrow(
      "does not use 1 of 2 trainable variables ('of another model')",
    );
    expect(careless.ledger.rows).toHaveLength(0);
    dpSGD({...OPTIONS, noiseMultiplier: 1}).minimize(loss, false, [used, other]);
    expect([...other.dataSync()]).not.toContain(1);
    tf.disposeVariables();
  });

  test('a seeded source makes steps repeat, and the ledger says that it is not secure', () => {
    const step = (): {ledger: Ledger; weights: Float32Array[]} => {
      const model = mlp();
      const optimizer = dpSGD({...OPTIONS, noiseMultiplier: 1, randomSource: seededSource(7)});
      const x = normalTensor([B, 5], 60);
      optimizer.minimize(() => tf.mean(model.apply(x) as tf.Tensor, 1), false, variablesOf(model));
      return {ledger: optimizer.ledger, weights: weightValues(model)};
    };
    const [first, second] = [step(), step()];
    expect(second.weights).toEqual(first.weights);
    expect(first.ledger.rows[0]?.random.secure).toBe(false);
  });
});
