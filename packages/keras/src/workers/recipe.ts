import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DpError} from '@dp/optimizers';

import type {WorkerOptions} from './options.js';
import type {ModelRecipe, Names} from './protocol.js';

/**
 * How a thread rebuilds a compiled model.
 *
 * @throws DpError UNSUPPORTED for a loss or a metric that can't be sent, with what to do.
 */
export function recipeOf(model: LayersModel, {loss}: WorkerOptions): ModelRecipe {
  // What `compile` was called with; null where there was nothing.
  const {metrics} = model as {readonly metrics?: unknown};
  if (loss === undefined && !isNames(model.loss)) throw cannotSend('loss', 'workers: {loss: {module, name}}');
  if (metrics !== undefined && metrics !== null && !isNames(metrics)) throw cannotSend('metric', 'its name');
  return {
    topology: JSON.stringify(model.toJSON(undefined, false)),
    loss: loss === undefined ? {names: model.loss as Names} : {from: loss},
    metrics: metrics ?? undefined,
  };
}

function isNames(value: unknown): value is Names {
  if (typeof value === 'string') return true;
  return typeof value === 'object' && value !== null && Object.values(value).every(isNames);
}

function cannotSend(what: string, instead: string): DpError {
  return new DpError(
    'UNSUPPORTED',
    `with workers a ${what} that is a function can't be sent to the other threads; give ${instead}, or use workers: 1`,
  );
}
