import {model as layersModel, sequential, type LayersModel} from '@tensorflow/tfjs-layers';

import {DpModel} from './dp_model.js';

/** A private model with the layers of a `tf.LayersModel`, whose weights it trains. */
export function makePrivate(model: LayersModel): DpModel {
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
