import {models, type LayersModel} from '@tensorflow/tfjs-layers';

type Topology = Parameters<typeof models.modelFromJSON>[0];

/** A layer or a model, as tf.js serialises it. */
interface Serialised {
  class_name?: string;
  config?: unknown;
}

/**
 * The same model with a layer normalisation in the place of each batch normalisation: it takes its mean and variance from one
 * example alone, over the axis that batch normalisation keeps apart. All other weights are kept; the new layers begin at scale 1
 * and offset 0.
 *
 * @param model - Not changed. Compile the result.
 */
export async function replaceBatchNorm(model: LayersModel): Promise<LayersModel> {
  const topology = model.toJSON(undefined, false);
  const replaced = await models.modelFromJSON(withLayerNorm(topology) as Topology);
  for (const layer of replaced.layers) {
    if (layer.getClassName() === 'LayerNormalization') continue;
    const original = model.getLayer(layer.name);
    if (original.getClassName() === layer.getClassName()) layer.setWeights(original.getWeights());
  }
  return replaced;
}

function withLayerNorm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLayerNorm);
  if (typeof value !== 'object' || value === null) return value;
  const one = value as Serialised;
  if (one.class_name === 'BatchNormalization')
    return {...one, class_name: 'LayerNormalization', config: configOf(one)};
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, withLayerNorm(inside)]));
}

/** What both layers have in common. */
const COMMON = new Set([
  'name',
  'trainable',
  'dtype',
  'batch_input_shape',
  'axis',
  'epsilon',
  'center',
  'scale',
  'beta_initializer',
  'gamma_initializer',
  'beta_regularizer',
  'gamma_regularizer',
]);

function configOf({config}: Serialised): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config as object).filter(([name]) => COMMON.has(name)));
}
