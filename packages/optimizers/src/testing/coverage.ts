import * as tf from '@tensorflow/tfjs-core';
import {sequential, type LayersModel} from '@tensorflow/tfjs-layers';

import {perExampleContributions} from '../gradients/contributions.js';
import {loopContributions} from '../gradients/loop.js';
import {findLoss} from '../tape/loss.js';
import {proveSeparation} from '../tape/prove.js';
import {record} from '../tape/record.js';
import {variablesOf} from './models.js';
import {readGradients, rerunEach, worstRelativeError, type Gradients} from './per_example.js';
import {normalTensor} from './tensors.js';

export type Layer = Parameters<ReturnType<typeof sequential>['add']>[0];

/** The loss of a batch given as tensors with the examples at axis 0. */
export type LossOf = (...tensors: tf.Tensor[]) => tf.Tensor;

/** A mean of squares over everything but the examples. */
export function squaredLoss(y: tf.Tensor, p: tf.Tensor): tf.Tensor {
  return tf.mean(tf.squaredDifference(p, y), [...p.shape.keys()].slice(1));
}

/**
 * The largest relative difference between the fast path and reruns on single examples; fails where all is zero. The reruns
 * are on the cpu backend: several of the stock wasm backend's gradient kernels are wrong. Tensors stay there, so make new
 * ones for what comes next.
 */
export function errorAgainstReruns(
  lossOf: LossOf,
  tensors: readonly tf.Tensor[],
  variables: readonly tf.Variable[],
  view: (gradients: Gradients) => Gradients = (gradients) => gradients,
): number {
  const [fast = []] = strategies(() => lossOf(...tensors), variables, ['fast']);
  const backend = tf.getBackend();
  void tf.setBackend('cpu');
  const rerun = rerunEach(lossOf, tensors, variables);
  void tf.setBackend(backend);
  if (!rerun.flat(2).some((value) => value !== 0)) throw new Error('every gradient is zero');
  return worstRelativeError(view(fast), view(rerun));
}

/** The largest relative difference between the fast path and the one-hot loop on one recording, so on the same masks. */
export function errorAgainstLoop(lossFn: () => tf.Tensor, variables: readonly tf.Variable[]): number {
  const [fast = [], loop = []] = strategies(lossFn, variables, ['fast', 'loop']);
  if (!loop.flat(2).some((value) => value !== 0)) throw new Error('every gradient is zero');
  return worstRelativeError(fast, loop);
}

function strategies(
  lossFn: () => tf.Tensor,
  variables: readonly tf.Variable[],
  names: readonly ('fast' | 'loop')[],
): Gradients[] {
  const recording = record(lossFn);
  try {
    return names.map((strategy) => {
      let gradients: Gradients = [];
      tf.tidy(() => {
        const loss = findLoss(recording);
        const proof = proveSeparation(recording, loss.perExample);
        const parameters =
          strategy === 'fast'
            ? perExampleContributions(recording, loss, proof, variables)
            : loopContributions(recording, loss, variables);
        gradients = readGradients(parameters, proof.batchSize);
      });
      return gradients;
    });
  } finally {
    recording.value.dispose();
    recording.dispose();
  }
}

/** A model of these layers on examples of a shape. Its weights are random, biases too. */
export function modelOf(inputShape: readonly number[], layers: readonly Layer[], seed = 1): LayersModel {
  const model = sequential();
  layers.forEach((layer, i) => {
    if (i === 0) layer.batchInputShape = [null, ...inputShape];
    model.add(layer);
  });
  return randomized(model, seed);
}

/** Gives every weight of a model reproducible random values, so that no gradient is zero by accident. */
export function randomized<M extends LayersModel>(model: M, seed = 1): M {
  model.setWeights(model.getWeights().map((weight, i) => tf.mul(normalTensor(weight.shape, seed + i), 0.7)));
  return model;
}

/** The same for a model as a whole: the largest error of an example's gradient over all variables together. */
export function wholeModelError(model: LayersModel, x: tf.Tensor, seed = 7): number {
  return modelError(model, x, seed, joinVariables);
}

/** All variables' gradients as one variable's. */
function joinVariables(gradients: Gradients): Gradients {
  const examples = gradients[0]?.length ?? 0;
  return [Array.from({length: examples}, (_, i) => gradients.flatMap((variable) => variable[i] ?? []))];
}

/** The error of the fast path on a model, with a squared loss of random targets. */
export function modelError(
  model: LayersModel,
  x: tf.Tensor,
  seed = 7,
  view: (gradients: Gradients) => Gradients = (gradients) => gradients,
): number {
  const output = [x.shape[0], ...(model.outputShape as number[]).slice(1)];
  const y = normalTensor(output, seed);
  const lossOf: LossOf = (xs, ys) => squaredLoss(ys, model.apply(xs, {training: true}) as tf.Tensor);
  return errorAgainstReruns(lossOf, [x, y], variablesOf(model), view);
}
