import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, loadLayersModel, sequential} from '@tensorflow/tfjs-layers';
import fc from 'fast-check';

import {violations} from '../../../../tools/testing/hostile_calls.js';
import {adaptive, perLayer} from '../clip/mode.js';
import {ema} from '../averaging/averaging.js';
import {DpError} from '../errors.js';
import {exponentialDecay, piecewiseConstant} from '../schedules/schedule.js';
import {OPTIMIZERS} from '../testing/optimizers.js';
import {dpSGD} from './dp_sgd.js';
import {privatize} from './privatize.js';
import type {PrivateOptimizer} from './private_optimizer.js';

type ConfigDict = tf.serialization.ConfigDict;

// What is in a saved model came from anywhere: an optimizer is made from it as it says, or not at all.
const PRIVACY = {l2NormClip: 1, noiseMultiplier: 1.1, numMicrobatches: 4, expectedBatchSize: 8};

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** As tf.js does it. */
function load(className: string, config: unknown): PrivateOptimizer {
  const [cls, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[className]!;
  return fromConfig(cls, config as ConfigDict) as unknown as PrivateOptimizer;
}

const nameOf = (optimizer: PrivateOptimizer): string =>
  (optimizer.constructor as unknown as {readonly className: string}).className;

const configOf = (optimizer: PrivateOptimizer): ConfigDict =>
  JSON.parse(JSON.stringify(optimizer.getConfig())) as ConfigDict;

const CASES: readonly (readonly [string, PrivateOptimizer])[] = [
  ...OPTIMIZERS.map(({name, make}) => [name, make(PRIVACY)] as const),
  [
    'one with schedules and groups',
    dpSGD({
      ...PRIVACY,
      learningRate: exponentialDecay({initialValue: 0.1, decaySteps: 5, decayRate: 0.5}),
      noiseMultiplier: piecewiseConstant({boundaries: [5], values: [1, 2]}),
      clipping: perLayer({
        groups: [
          {of: ['a', 'b'], clip: 2},
          {of: ['c'], noise: 2},
        ],
      }),
      averaging: ema(),
    }),
  ],
  [
    'one with adaptive clipping',
    dpSGD({...PRIVACY, learningRate: 0.1, clipping: adaptive({targetQuantile: 0.5, countNoise: 5})}),
  ],
];

describe.each(CASES)('the configuration of %s', (_, optimizer) => {
  const className = nameOf(optimizer);

  test('with an absurd value anywhere is refused', async () => {
    const config = configOf(optimizer);
    // A layer's name may be any text, and a base optimizer's own options are tf.js's to check.
    const free = [
      '0.clipping.groups.0.of.0.name',
      '0.clipping.groups.0.of.1.name',
      '0.clipping.groups.1.of.0.name',
    ];
    const found = await violations(className, (each: unknown) => load(className, each).getConfig(), {
      args: [config],
      free: [...free, '0.clipping', '0.learningRate', '0.noiseMultiplier'],
      whole: ['0.optimizer.config'],
    });
    expect(found).toEqual([]);
  });

  test('with a field more is refused by its name', () => {
    for (const name of [
      'ledger',
      'randomSource',
      'noise_multiplier',
      'constructor',
      'toString',
      'futureOption',
    ]) {
      expect(() => load(className, {...configOf(optimizer), [name]: {id: 'l'}})).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTION',
          message: expect.stringMatching(/ledger|randomSource|no field/),
        }),
      );
    }
    const json = JSON.stringify(configOf(optimizer)).replace('{', '{"__proto__":{"noiseMultiplier":0},');
    expect(() => load(className, JSON.parse(json))).toThrow("no field '__proto__'");
    expect({}).not.toHaveProperty('noiseMultiplier');
  });

  test('with any JSON in any place is refused, or comes back as it is', () => {
    const whole = JSON.stringify(configOf(optimizer));
    const places = [...whole.matchAll(/(?<=[:[,])("[^"]*"(?!:)|-?[\d.e-]+|true|false|\[|\{)/g)];
    const value = fc.oneof(
      fc.constantFrom('0', '-1', '1e308', 'null', '[]', '{}', '"x"'),
      fc.json({maxDepth: 2}),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), value, ({0: found, index}, by) => {
        let config: ConfigDict;
        try {
          config = JSON.parse(whole.slice(0, index) + by + whole.slice(index + found.length)) as ConfigDict;
        } catch {
          return;
        }
        try {
          const made = load(className, config).getConfig();
          for (const [name, given] of Object.entries(PRIVACY))
            if (typeof made[name] === 'number') expect(made[name]).toBe(config[name] ?? given);
        } catch (error) {
          if (!(error instanceof DpError)) expect(className).toContain('Privatized');
          expect((error as Error).message).not.toMatch(/Cannot read|is not iterable|call stack/);
        }
      }),
      {numRuns: 100},
    );
  });
});

test('an optimizer inside of a class that is none, or holds itself 100,000 deep, is refused', () => {
  const optimizer = privatize(tf.train.sgd(0.1), PRIVACY);
  const [className, config] = [nameOf(optimizer), configOf(optimizer)];
  sequential({layers: [layers.dense({inputShape: [2], units: 1})]}).dispose();
  for (const inside of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'Lambda', ''])
    expect(() => load(className, {...config, optimizer: {className: inside, config: {}}})).toThrow(
      'which is not registered',
    );
  expect(() => load(className, {...config, optimizer: {className: 'Dense', config: {units: 1}}})).toThrow(
    'must be one of tf.train',
  );
  let deep: ConfigDict = {className: 'SGD', config: {learningRate: 1}};
  for (let i = 0; i < 100_000; i++) deep = {className, config: {...PRIVACY, optimizer: deep}};
  expect(() => load(className, {...config, optimizer: deep})).toThrow('private already');
  for (const hostile of [undefined, null, 7, 'SGD', []])
    expect(() => load(className, {...config, optimizer: hostile})).toThrow(
      /must be an object|not registered/,
    );
});

describe('a hostile model file', () => {
  const save = async (): Promise<tf.io.ModelArtifacts> => {
    const model = sequential({layers: [layers.dense({inputShape: [2], units: 1, name: 'd'})]});
    model.compile({optimizer: dpSGD({learningRate: 0.1, ...PRIVACY}), loss: 'meanSquaredError'});
    let artifacts: tf.io.ModelArtifacts = {};
    await model.save(
      tf.io.withSaveHandler(async (all) => {
        artifacts = all;
        return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
      }),
      {includeOptimizer: true},
    );
    model.dispose();
    return artifacts;
  };

  /** Loads it with a piece of its text replaced. */
  async function loadWith(piece: string, by: string, isSame = false): Promise<PrivateOptimizer> {
    const {modelTopology, trainingConfig, ...rest} = await save();
    const [topology, training] = [modelTopology, trainingConfig].map((part): unknown =>
      JSON.parse(JSON.stringify(part).replace(piece, by)),
    ) as [tf.io.ModelArtifacts['modelTopology'], tf.io.TrainingConfig];
    const isUnchanged =
      JSON.stringify([topology, training]) === JSON.stringify([modelTopology, trainingConfig]);
    expect(isUnchanged).toBe(isSame);
    const model = await loadLayersModel(
      tf.io.fromMemory({...rest, modelTopology: topology!, trainingConfig: training}),
    );
    return model.optimizer as unknown as PrivateOptimizer;
  }

  test('that is none is loaded as it was saved', async () => {
    const {privacyOptions} = await loadWith('"units"', '"units"', true);
    expect(privacyOptions).toMatchObject(PRIVACY);
  });

  test.each([
    ['"class_name":"Dense"', '"class_name":"constructor"'],
    ['"class_name":"Dense"', '"class_name":"__proto__"'],
    ['"class_name":"Dense"', '"class_name":"Lambda"'],
    ['"class_name":"@dp/optimizers>DPSGD"', '"class_name":"@dp/optimizers>DPNothing"'],
    ['"class_name":"@dp/optimizers>DPSGD"', '"class_name":"constructor"'],
    ['"noise_multiplier":1.1', '"noise_multiplier":"1.1"'],
    ['"noise_multiplier":1.1', '"noise_multiplier":-1'],
    ['"noise_multiplier":1.1', '"noise_multiplier":1.1,"l2_norm_clips":2'],
    ['"noise_multiplier":1.1', '"clipping":{"kind":"constructor"}'],
    ['"noise_multiplier":1.1', '"clipping":{"kind":"perLayer","groups":{"length":1}}'],
    ['"noise_multiplier":1.1', '"ledger":{"rows":[]}'],
    ['"l2_norm_clip":1', '"l2_norm_clip":{"schedule":"constructor"}'],
    ['"l2_norm_clip":1', '"l2_norm_clip":{"schedule":"piecewiseConstant"}'],
    ['"units":1', '"units":{"__proto__":{"polluted":1}}'],
  ])('with %s replaced by %s: an error, and no object is changed', async (piece, by) => {
    await expect(loadWith(piece, by)).rejects.toThrow(/.{10}/);
    expect({}).not.toHaveProperty('polluted');
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('with a prototype among the options: none of its fields is an option', async () => {
    const hostile = '"noise_multiplier":1.1,"__proto__":{"noise_multiplier":0,"polluted":1,"ledger":1}';
    const attempt = await loadWith('"noise_multiplier":1.1', hostile).catch((error: unknown) => error);
    if (!(attempt instanceof Error))
      expect((attempt as PrivateOptimizer).privacyOptions.noiseMultiplier).toBe(1.1);
    expect({}).not.toHaveProperty('polluted');
  });
});
