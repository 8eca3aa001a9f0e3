import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, regularizers, sequential, type LayersModel} from '@tensorflow/tfjs-layers';
import {seededSource} from '@dp/random';

import {adaptive} from '../clip/mode.js';
import {pieceSum} from '../functional/piece_sum.js';
import {dpSGD} from '../optimizers/dp_sgd.js';
import type {PrivateOptimizer} from '../optimizers/private_optimizer.js';
import {crossEntropy, smallCnn, weightValues} from '../testing/models.js';
import {normalTensor, oneHotLabels} from '../testing/tensors.js';
import type {BatchPiece, PieceSum} from './piece_sum.js';

const B = 10;
const CUT = 7;
const drawn = {id: 'b', indices: new Int32Array(B), sampling: {kind: 'unknown'}} as const;

function optimizerOf(clipping?: ReturnType<typeof adaptive>): PrivateOptimizer {
  return dpSGD({
    learningRate: 0.1,
    l2NormClip: 0.5,
    noiseMultiplier: 1,
    numMicrobatches: B,
    randomSource: seededSource(7),
    ...(clipping && {clipping}),
  });
}

function pieceOf(model: LayersModel, from: number, to: number, penalty?: () => tf.Scalar): BatchPiece {
  const [x, y] = tf.tidy(() => [
    tf.slice(normalTensor([B, 14, 14, 1], 1), from, to - from),
    tf.slice(oneHotLabels(B, 4, 2), from, to - from),
  ]);
  const losses = (): tf.Tensor => crossEntropy(y, model.apply(x, {training: true}) as tf.Tensor);
  return {
    lossFn: penalty ? () => tf.add(tf.mean(losses()), penalty()) : losses,
    batch: [x, y],
  };
}

const variablesOf = (model: LayersModel): tf.Variable[] =>
  model.trainableWeights
    .map((weight) => weight.read())
    .filter((tensor): tensor is tf.Variable => tensor instanceof tf.Variable);

describe('a piece of a batch that was summed before', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test.each([undefined, adaptive({targetQuantile: 0.5, learningRate: 0.2, countNoise: 5})])(
    'moves the weights as one that is summed by the step, bit for bit (clipping %#)',
    (clipping) => {
      const [whole, parts] = [smallCnn(2), smallCnn(2)];
      const [one, other] = [optimizerOf(clipping), optimizerOf(clipping)];
      const copy = smallCnn(2);
      for (let step = 0; step < 3; step++) {
        copy.setWeights(parts.getWeights());
        // What a thread sends back are plain numbers.
        const elsewhere: PieceSum = structuredClone(
          pieceSum(pieceOf(copy, CUT, B), variablesOf(copy), other.clippingOptions),
        );
        const own = other.sumPiece(pieceOf(parts, 0, CUT), variablesOf(parts));
        one.minimizePieces(drawn, [pieceOf(whole, 0, B)], {varList: variablesOf(whole)});
        other.minimizePieces(drawn, [own, elsewhere], {varList: variablesOf(parts)});
        expect(weightValues(parts)).toEqual(weightValues(whole));
      }
    },
  );

  test('brings the gradients of regularizers once a step, and leaves no tensor behind', () => {
    const build = (): LayersModel =>
      sequential({layers: [layers.flatten({inputShape: [14, 14, 1]}), layers.dense({units: 4})]});
    const [whole, parts] = [build(), build()];
    parts.setWeights(whole.getWeights());
    const l2 = regularizers.l2({l2: 0.1});
    const piece = (model: LayersModel, from: number, to: number): BatchPiece =>
      pieceOf(model, from, to, () => l2.apply(variablesOf(model)[0] as tf.Variable));
    const [one, other] = [optimizerOf(), optimizerOf()];
    one.minimizePieces(drawn, [piece(whole, 0, B)], {varList: variablesOf(whole)}).dispose();
    const pieces = [piece(parts, 0, CUT), piece(parts, CUT, B)];
    const before = tf.memory().numTensors;
    const [first, second] = pieces.map((each) => other.sumPiece(each, variablesOf(parts)));
    other.minimizePieces(drawn, [first, second] as PieceSum[], {varList: variablesOf(parts)}).dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(weightValues(parts)).toEqual(weightValues(whole));
  });

  test('is refused where it was clipped to another norm, or over other variables; nothing is released', () => {
    const model = smallCnn(2);
    const optimizer = optimizerOf();
    const variables = variablesOf(model);
    const other = pieceSum(pieceOf(model, 0, B), variables, {l2NormClip: 0.6, microbatchSize: 1});
    expect(() => optimizer.minimizePieces(drawn, [other], {varList: variables})).toThrow(
      'gradients clipped to 0.6',
    );
    const {noiseMultiplier, ...finer} = optimizer.clippingOptions;
    expect(noiseMultiplier).toBeGreaterThan(0);
    const fine = pieceSum(pieceOf(model, 0, B), variables, finer);
    expect(() => optimizer.minimizePieces(drawn, [fine], {varList: variables})).toThrow(
      'on the grid 4.656612873077393e-10, but',
    );
    const fewer = pieceSum(pieceOf(model, 0, B), variables.slice(1), optimizer.clippingOptions);
    expect(() => optimizer.minimizePieces(drawn, [fewer], {varList: variables})).toThrow(
      'was summed over 7 variables',
    );
    expect(optimizer.ledger.rows).toHaveLength(0);
  });
});
