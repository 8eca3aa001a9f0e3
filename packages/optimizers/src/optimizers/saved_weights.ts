import * as tf from '@tensorflow/tfjs-core';

import {isAverage, type WeightAverages} from '../averaging/weight_averages.js';
import {DpError} from '../errors.js';
import type {PrivateGradients} from './private_gradients.js';

/** tf.js does not export this type by name. */
export type NamedTensor = Parameters<tf.Optimizer['setWeights']>[0][number];

/** Of the next step's clip norm among an optimizer's weights. */
const CLIP_NORM = 'l2NormClip';

/** The base optimizer's weights, the next clip norm where it is adaptive, and averages. */
export async function savedWeights(
  base: tf.Optimizer,
  {adaptedClip}: PrivateGradients,
  averages: WeightAverages | undefined,
): Promise<NamedTensor[]> {
  const weights = await base.getWeights();
  if (adaptedClip !== undefined) weights.push({name: CLIP_NORM, tensor: tf.scalar(adaptedClip)});
  return [...weights, ...(averages?.weights ?? [])];
}

/**
 * The inverse: takes up what is not the base optimizer's, and returns the rest.
 *
 * @throws DpError INVALID_OPTION if there is nothing.
 */
export async function takeUpWeights(
  saved: readonly NamedTensor[],
  core: PrivateGradients,
  averages: WeightAverages | undefined,
): Promise<NamedTensor[]> {
  if (saved.length === 0)
    throw new DpError('INVALID_OPTION', 'an optimizer has at least one weight, got none');
  const clipNorm = saved.find(({name}) => name === CLIP_NORM);
  const [l2NormClip] = (await clipNorm?.tensor.data()) ?? [];
  if (l2NormClip !== undefined) core.adaptedClip = l2NormClip;
  if (averages !== undefined) averages.weights = saved.filter(isAverage);
  return saved.filter((weight) => weight !== clipNorm && !isAverage(weight));
}
