import {model as layersModel, sequential, type LayersModel} from '@tensorflow/tfjs-layers';

import {DpError} from '@dp/optimizers';

import {shown} from '../args/shown.js';
import {DpModel} from './dp_model.js';

/**
 * A private model with the layers of a `tf.LayersModel`, whose weights it trains.
 *
 * @throws DpError INVALID_OPTION for anything else.
 */
export function makePrivate(model: LayersModel): DpModel {
  const given: unknown = model;
  if (given instanceof Promise || !Array.isArray((given as {layers?: unknown} | null)?.layers)) {
    const got = given instanceof Promise ? 'a promise of one: await it' : shown(given);
    throw new DpError('INVALID_OPTION', `makePrivate takes a tf.LayersModel, got ${got}`);
  }
  return new DpModel(model);
}

/** As `tf.sequential`, trained with differential privacy. */
export function dpSequential(config?: Parameters<typeof sequential>[0]): DpModel {
  return new DpModel(sequential(config));
}

/** As `tf.model`, trained with differential privacy. */
export function dpModel(config: Parameters<typeof layersModel>[0]): DpModel {
  return new DpModel(layersModel(config));
}
