import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {loadLayersModel, type LayersModel} from '@tensorflow/tfjs-layers';
import {seededSource, type RandomSource} from '@dp/random';

import {Ledger} from '../account/ledger.js';
import type {Sampling} from '../account/sampling.js';
import {adaptive, perLayer} from '../clip/mode.js';
import {mlp, weightValues} from '../testing/models.js';
import {OPTIMIZERS} from '../testing/optimizers.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';
import type {PrivacyOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {dpAdamW} from './dp_adamw.js';
import {dpFTRL} from './dp_ftrl.js';
import {dpSGD} from './dp_sgd.js';
import {privatize} from './privatize.js';

const B = 8;
const EXACT: PrivacyOptions = {l2NormClip: 1000, noiseMultiplier: 0, numMicrobatches: B};

function compiled(optimizer: tf.Optimizer): LayersModel {
  const model = mlp();
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

function privateOne(value: unknown): PrivateOptimizer {
  if (value instanceof PrivateOptimizer) return value;
  throw new TypeError('not a private optimizer');
}

async function train(model: LayersModel, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step++) {
    const [x, y] = tf.tidy(() => [normalTensor([B, 5], step), oneHotLabels(B, 3, step + 100)] as const);
    await model.trainOnBatch(x, y);
    tf.dispose([x, y]);
  }
}

function distance(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return Math.max(
    ...a.flatMap((values, v) => Array.from(values, (value, i) => Math.abs(value - (b[v]?.[i] ?? NaN)))),
  );
}

/** A source that counts what it gave. */
function counting(source: RandomSource): RandomSource & {words: number} {
  return {
    ...source,
    words: 0,
    fill(words) {
      this.words += words.length;
      source.fill(words);
    },
  };
}

describe.each(OPTIMIZERS)('$name', ({name, make, plain}) => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test('with no clip and no noise equals the optimizer that it is made of, step by step', async () => {
    const [mine, theirs] = [compiled(make(EXACT)), compiled(plain())];
    for (let step = 0; step < 7; step++) {
      await train(mine, step, step + 1);
      await train(theirs, step, step + 1);
      expect(distance(weightValues(mine), weightValues(theirs))).toBeLessThan(2e-5);
    }
  });

  test('gets noise at every step, and its base sees the noisy gradient alone (privacy rule 16)', () => {
    const variable = tf.variable(tf.zeros([4]));
    const optimizer = make({...EXACT, noiseMultiplier: 1, randomSource: seededSource(3)});
    const {base} = optimizer as unknown as {base: tf.Optimizer};
    const seen: Float32Array[] = [];
    const apply = base.applyGradients.bind(base);
    base.applyGradients = (gradients) => {
      for (const {tensor} of gradients as {tensor: tf.Tensor}[])
        seen.push(tensor.dataSync<'float32'>().slice());
      apply(gradients);
    };
    // The loss has no gradient: whatever the base sees is noise.
    const x = tf.zeros([B, 4]);
    for (let step = 0; step < 3; step++)
      optimizer.minimize(() => tf.sum(tf.mul(x, variable), 1), false, [variable]);
    expect(seen).toHaveLength(3);
    for (const gradient of seen) gradient.forEach((value) => expect(Math.abs(value)).toBeGreaterThan(1e-3));
    expect(new Set(seen.flatMap((gradient) => [...gradient])).size).toBe(12);
    expect(optimizer.ledger.rows).toHaveLength(3);
    expect(optimizer.ledger.rows[0]?.optimizer).toEqual({className: name, id: `${name}-0`});
    tf.dispose([variable, x]);
    optimizer.dispose();
  });

  test('a step writes its ledger row before it draws any noise, and draws for every coordinate', () => {
    const source = counting(seededSource(4));
    const drawnBefore: number[] = [];
    const ledger = new Ledger({id: 'l', rows: [], append: () => drawnBefore.push(source.words)});
    const optimizer = make({...EXACT, noiseMultiplier: 1, randomSource: source, ledger});
    const variable = tf.variable(tf.zeros([4]));
    const x = tf.ones([B, 4]);
    optimizer.minimize(() => tf.sum(tf.mul(x, variable), 1), false, [variable]);
    expect(drawnBefore).toEqual([0]);
    expect(source.words).toBeGreaterThanOrEqual(4);
    tf.dispose([variable, x]);
    optimizer.dispose();
  });

  test('leaks no tensor over steps, and disposes all that it made', async () => {
    const start = tf.memory().numTensors;
    const optimizer = make({...EXACT, noiseMultiplier: 1});
    const model = compiled(optimizer);
    await train(model, 0, 2);
    const before = tf.memory().numTensors;
    await train(model, 2, 12);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });

  test('is the same after a round trip through JSON as tf.js loads it', () => {
    const clipping = perLayer({groups: [{of: ['conv_of_mine', 'b_2'], clip: 2}, {of: ['c_d']}]});
    const optimizer = make({...EXACT, expectedBatchSize: 2 * B, clipping});
    const {className} = optimizer.constructor as unknown as {className: string};
    expect(className).toBe(`@dp/optimizers>${name}`);
    const config = JSON.parse(JSON.stringify(optimizer.getConfig())) as tf.serialization.ConfigDict;
    const [cls, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[className]!;
    const copy = privateOne(fromConfig(cls, config));
    expect(copy.getConfig()).toEqual(optimizer.getConfig());
    expect((copy as unknown as {core: {options: PrivacyOptions}}).core.options.clipping).toEqual(clipping);
  });

  test('goes on after loadLayersModel as if it had not stopped, with its ledger, and not without', async () => {
    const [whole, saved] = [compiled(make(EXACT)), compiled(make(EXACT))];
    await train(whole, 0, 6);
    await train(saved, 0, 3);
    let artifacts: tf.io.ModelArtifacts = {};
    await saved.save(
      tf.io.withSaveHandler(async (all) => {
        artifacts = all;
        return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
      }),
      {includeOptimizer: true},
    );
    const loaded = await loadLayersModel(tf.io.fromMemory(artifacts));
    const optimizer = privateOne(loaded.optimizer);
    await expect(train(loaded, 3, 4)).rejects.toThrow(
      `this ${name} has made 3 steps, and its ledger of 0 rows does not hold them`,
    );
    const {ledger} = privateOne(saved.optimizer);
    optimizer.useLedger(ledger);
    await train(loaded, 3, 6);
    expect(ledger.rows.map(({step, optimizer: {id}}) => `${id} ${step}`)).toEqual(
      [0, 1, 2, 3, 4, 5].map((step) => `${name}-${step < 3 ? 0 : 1} ${step}`),
    );
    expect(distance(weightValues(loaded), weightValues(whole))).toBeLessThan(1e-5);
    expect(() => optimizer.useLedger(new Ledger())).toThrow('only be set before the first step');
  });

  test('refuses gradients that it did not release', () => {
    const variable = tf.variable(tf.zeros([2]));
    const optimizer = make(EXACT);
    const gradient = tf.ones([2]);
    expect(() => optimizer.applyGradients({[variable.name]: gradient})).toThrow(
      'was not released by this library',
    );
    expect([...variable.dataSync()]).toEqual([0, 0]);
    tf.dispose([variable, gradient]);
  });
});

describe('private optimizers', () => {
  test('a model saved with its optimizer names the package to import where that is missing', async () => {
    const model = compiled(dpSGD({learningRate: 1, ...EXACT}));
    let artifacts: tf.io.ModelArtifacts = {};
    const save = (options?: tf.io.SaveConfig): Promise<unknown> =>
      model.save(
        tf.io.withSaveHandler(async (all) => {
          artifacts = JSON.parse(JSON.stringify(all)) as tf.io.ModelArtifacts;
          artifacts.weightData = all.weightData!;
          return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
        }),
        options,
      );
    await save({includeOptimizer: true});
    const {classNameMap} = tf.serialization.SerializationMap.getMap();
    const known = classNameMap['@dp/optimizers>DPSGD']!;
    Reflect.deleteProperty(classNameMap, '@dp/optimizers>DPSGD');
    try {
      await expect(loadLayersModel(tf.io.fromMemory(artifacts))).rejects.toThrow('@dp/optimizers>DPSGD');
      await save();
      expect((await loadLayersModel(tf.io.fromMemory(artifacts))).countParams()).toBe(model.countParams());
    } finally {
      classNameMap['@dp/optimizers>DPSGD'] = known;
    }
  });

  test('AdamW takes its share off every weight, beside the step', async () => {
    const [decayed, plain] = [0.1, 0].map((weightDecay) =>
      compiled(dpAdamW({learningRate: 0.5, weightDecay, ...EXACT})),
    ) as [LayersModel, LayersModel];
    const start = weightValues(plain);
    await train(decayed, 0, 1);
    await train(plain, 0, 1);
    const expected = weightValues(plain).map((values, v) =>
      values.map((value, i) => value - 0.5 * 0.1 * (start[v]?.[i] ?? NaN)),
    );
    expect(distance(weightValues(decayed), expected)).toBeLessThan(1e-6);
  });

  test('adaptive clipping follows the norms, across a checkpoint too', async () => {
    const clipping = adaptive({targetQuantile: 0.5, learningRate: 1, countNoise: 0.5});
    const make = (): PrivateOptimizer => dpSGD({learningRate: 0.1, ...EXACT, clipping});
    const optimizer = make();
    const model = compiled(optimizer);
    await train(model, 0, 5);
    const clips = optimizer.ledger.rows
      .filter(({what}) => what === 'gradientSum')
      .map((row) => row.l2NormClip);
    // All norms are below 1000, so the first steps shrink it by about e^(-1/2).
    expect(clips[0]).toBe(1000);
    for (let i = 1; i < clips.length; i++) expect(clips[i]).toBeLessThan(clips[i - 1]!);
    const weights = await optimizer.getWeights();
    expect(weights.map(({name}) => name)).toEqual(['iter', 'l2NormClip']);
    const resumed = make();
    await resumed.setWeights(weights);
    resumed.useLedger(optimizer.ledger);
    const again = mlp();
    again.compile({optimizer: resumed, loss: 'meanSquaredError'});
    await train(again, 5, 6);
    expect(resumed.ledger.rows.at(-1)?.l2NormClip).toBeLessThan(clips.at(-1)!);
    expect(resumed.ledger.rows.at(-1)?.step).toBe(5);
  });

  test('a tree is restarted by hand and by itself, and each is counted', () => {
    const optimizer = dpFTRL({learningRate: 1, stepsPerTree: 2, ...EXACT});
    const variable = tf.variable(tf.zeros([2]));
    const x = tf.ones([B, 2]);
    for (let step = 0; step < 5; step++) {
      if (step === 3) optimizer.restartTree();
      optimizer.minimize(() => tf.sum(tf.mul(x, variable), 1), false, [variable]);
    }
    expect(
      optimizer.ledger.rows.map(
        ({mechanism}) => mechanism.kind === 'tree' && `${mechanism.tree}.${mechanism.leaf}`,
      ),
    ).toEqual(['0.0', '0.1', '1.0', '2.0', '2.1']);
    tf.dispose([variable, x]);
  });

  test('trees refuse batches without a fixed order, and a resumed run begins a new one, which is counted (privacy rule 20)', async () => {
    const options = {learningRate: 1, stepsPerTree: 8, ...EXACT, expectedBatchSize: B};
    const optimizer = dpFTRL(options);
    const variable = tf.variable(tf.zeros([2]));
    const x = tf.ones([B, 2]);
    const step = (on: PrivateOptimizer, id: string, sampling: Sampling): void => {
      const losses = (): tf.Tensor => tf.sum(tf.mul(x, variable), 1);
      on.minimizeDrawn({id, indices: new Int32Array(B), sampling}, losses, {
        batch: [x],
        varList: [variable],
      }).dispose();
    };
    const shuffled = (epoch: number): Sampling => ({
      kind: 'shuffle',
      sampler: 's',
      numExamples: 4 * B,
      batchSize: B,
      epoch,
    });
    expect(() =>
      step(optimizer, 'p', {kind: 'poisson', numExamples: 4 * B, samplingProbability: 1 / 4}),
    ).toThrow('tree aggregation needs an order');
    expect(optimizer.ledger.rows).toHaveLength(0);
    for (let i = 0; i < 3; i++) step(optimizer, `0-${i}`, shuffled(0));
    const resumed = dpFTRL({...options, ledger: optimizer.ledger});
    await resumed.setWeights(await optimizer.getWeights());
    step(resumed, '0-3', shuffled(0));
    const trees = resumed.ledger.rows.map(
      ({optimizer: {id}, mechanism}) =>
        mechanism.kind === 'tree' && `${id} ${mechanism.tree}.${mechanism.leaf}`,
    );
    expect(trees).toEqual(['DPFTRL-0 0.0', 'DPFTRL-0 0.1', 'DPFTRL-0 0.2', 'DPFTRL-1 0.0']);
    tf.dispose([variable, x]);
  });

  test('an aborted step releases nothing', () => {
    const optimizer = dpSGD({learningRate: 1, ...EXACT});
    const variable = tf.variable(tf.zeros([2]));
    const x = tf.ones([B / 2, 2]);
    const abort = new AbortController();
    function* pieces() {
      yield {lossFn: () => tf.sum(tf.mul(x, variable), 1), batch: [x]};
      abort.abort();
      yield {lossFn: () => tf.sum(tf.mul(x, variable), 1), batch: [x]};
    }
    const drawn = {id: 'b', indices: new Int32Array(B), sampling: {kind: 'unknown'}} as const;
    const before = tf.memory().numTensors;
    expect(() =>
      optimizer.minimizePieces(drawn, pieces(), {varList: [variable], signal: abort.signal}),
    ).toThrow('aborted');
    expect(tf.memory().numTensors).toBe(before);
    expect(optimizer.ledger.rows).toHaveLength(0);
    expect([...variable.dataSync()]).toEqual([0, 0]);
    tf.dispose([variable, x]);
  });

  test('privatize refuses an optimizer that is private already, and options out of bounds', () => {
    expect(() => privatize(dpSGD({learningRate: 1, ...EXACT}), EXACT)).toThrow('DPSGD is private already');
    expect(() => privatize(tf.train.sgd(1), {...EXACT, l2NormClip: 0})).toThrow('l2NormClip must be');
  });
});
