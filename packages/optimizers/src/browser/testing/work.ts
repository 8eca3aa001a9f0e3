import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential, type Sequential} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels, type Contribution} from '@dp/kernels/on-demand';
import {seededSource} from '@dp/random';

import {clippedGradients} from '../../functional/clipped_gradients.js';
import {dpSGD} from '../../optimizers/dp_sgd.js';
import {clippingPlan} from '../../clip/plan.js';
import {perExampleContributions} from '../../gradients/contributions.js';
import {clippedSum} from '../../sum/clip_and_sum.js';
import {findLoss} from '../../tape/loss.js';
import {proveSeparation} from '../../tape/prove.js';
import {record} from '../../tape/record.js';
import {crossEntropy, smallCnn, variablesOf, weightValues} from '../../testing/models.js';
import {normalTensor, oneHotLabels} from '../../testing/tensors.js';

/** What a backend makes of one model. */
export interface Results {
  /** Of the examples' gradients. */
  readonly norms: readonly number[];
  /** Of the clipped gradients, one list a variable. */
  readonly sums: readonly (readonly number[])[];
  /** After one step with seeded noise. */
  readonly weights?: readonly (readonly number[])[];
}

/** The browser's answer, by model. */
export interface Answer {
  readonly steps?: Readonly<Record<string, Results>>;
  /** Why there are no steps; then the sums, if they could be had without reading synchronously. */
  readonly error?: string;
  readonly sums?: Readonly<Record<string, Results>>;
  /** The browser has no such backend. */
  readonly missing?: true;
}

const EXAMPLES = 4;

function recurrent(): Sequential {
  return sequential({
    layers: [
      layers.lstm({
        inputShape: [3, 2],
        units: 4,
        recurrentActivation: 'sigmoid',
        kernelInitializer: 'ones',
        recurrentInitializer: 'ones',
      }),
      layers.dense({units: 4, kernelInitializer: 'ones'}),
    ],
  });
}

const MODELS: Readonly<Record<string, {readonly make: () => Sequential; readonly input: number[]}>> = {
  convolutional: {make: () => smallCnn(2), input: [14, 14, 1]},
  recurrent: {make: recurrent, input: [3, 2]},
};

/** One private step of each model on the current backend. */
export function privateSteps(): Record<string, Results> {
  ensureTrainingKernels();
  return Object.fromEntries(Object.entries(MODELS).map(([name, model]) => [name, privateStep(model)]));
}

/**
 * The same up to the sums, for a backend that cannot be read synchronously: what each example contributes is computed
 * there, and summed on the cpu backend, which is the current one afterwards.
 */
export async function clippedSums(): Promise<Record<string, Results>> {
  const found: Record<string, Results> = {};
  const backend = tf.getBackend();
  for (const [name, model] of Object.entries(MODELS)) {
    await tf.setBackend(backend);
    found[name] = await clippedSumReadLater(model);
  }
  return found;
}

const CLIP = 0.5;

function lossOf({make, input}: (typeof MODELS)[string]) {
  const model = make();
  const x = normalTensor([EXAMPLES, ...input], 1);
  const y = oneHotLabels(EXAMPLES, 4, 2);
  const lossFn = () => crossEntropy(y, model.apply(x, {training: true}) as tf.Tensor);
  return {model, lossFn, variables: variablesOf(model)};
}

function privateStep(chosen: (typeof MODELS)[string]): Results {
  const {model, lossFn, variables} = lossOf(chosen);
  const {sum, norms} = clippedGradients(lossFn, variables, {l2NormClip: CLIP});
  const sums = variables.map((variable) => Array.from(sum[variable.name]?.dataSync() ?? []));
  const optimizer = dpSGD({
    learningRate: 0.5,
    l2NormClip: CLIP,
    noiseMultiplier: 1,
    numMicrobatches: EXAMPLES,
    randomSource: seededSource(3),
  });
  optimizer.minimize(() => tf.mean(lossFn()), false, variables);
  const weights = weightValues(model).map((values) => Array.from(values));
  return {norms: Array.from(norms), sums, weights};
}

async function clippedSumReadLater(chosen: (typeof MODELS)[string]): Promise<Results> {
  const {lossFn, variables} = lossOf(chosen);
  const recording = record(lossFn);
  const loss = findLoss(recording);
  // No tidy: the page is closed afterwards.
  const proof = proveSeparation(recording, loss.perExample);
  const contributions = perExampleContributions(recording, loss, proof, variables);
  const losses = (await loss.values.data()) as Float32Array;
  const parameters = await Promise.all(
    contributions.map(async ({size, contributions: uses}) => ({
      size,
      contributions: await Promise.all(uses.map(movedToCpu)),
    })),
  );
  await tf.setBackend('cpu');
  const plan = clippingPlan({l2NormClip: CLIP, microbatchSize: 1}, variables);
  const {units, norms} = clippedSum(parameters, losses, EXAMPLES, plan);
  return {norms: Array.from(norms), sums: units.map((sum) => Array.from(sum, (value) => value * plan.grid))};
}

/** A contribution whose tensors live on the cpu backend. */
async function movedToCpu(contribution: Contribution): Promise<Contribution> {
  const moved = Object.entries(contribution as unknown as Record<string, unknown>).map(
    async ([key, value]) =>
      [
        key,
        value instanceof tf.Tensor
          ? tf
              .engine()
              .makeTensor(await value.data(), value.shape as number[], value.dtype, tf.findBackend('cpu'))
          : value,
      ] as const,
  );
  return Object.fromEntries(await Promise.all(moved)) as unknown as Contribution;
}
