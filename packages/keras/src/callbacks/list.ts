import {
  CallbackList,
  CustomCallback,
  type CustomCallbackArgs,
  type History,
  type LayersModel,
} from '@tensorflow/tfjs-layers';

import type {CallbackInstance, TrainingCallback} from '../args/callbacks.js';
import type {DpTrainingArgs} from '../args/fit_args.js';
import type {Position, TrainingPlan} from '../plan/plan.js';

/** What callbacks are told before training. */
interface CallbackListOptions {
  readonly model: LayersModel;
  /** Of loss and metrics. */
  readonly names: readonly string[];
  readonly plan: TrainingPlan;
  readonly from: Position;
  readonly args: DpTrainingArgs;
  /** Told last, as in tf.js. */
  readonly history: History;
  readonly doValidation: boolean;
}

/** The callbacks of one `fit`, set up as tf.js does. */
export function callbackList({
  model,
  names,
  plan,
  from,
  args,
  history,
  doValidation,
}: CallbackListOptions): CallbackList {
  const {epochs = 1, verbose = 1, callbacks = [], yieldEvery = 'auto'} = args;
  const given = (Array.isArray(callbacks) ? callbacks : [callbacks]) as readonly (
    CallbackInstance | TrainingCallback
  )[];
  const list = new CallbackList([
    // tf.js yields in the callbacks that it makes of plain objects; here one does even if there are none.
    ...[{}, ...given].map((callback) =>
      'setParams' in callback
        ? (callback as CustomCallback)
        : new CustomCallback(callback as CustomCallbackArgs, yieldEvery),
    ),
    history,
  ]);
  list.setParams({
    epochs,
    initialEpoch: from.epoch,
    samples: plan.privacy.numExamples,
    steps: plan.sampler.stepsPerEpoch,
    batchSize: plan.batchSize,
    verbose,
    doValidation,
    metrics: [...names, ...(doValidation ? names.map((name) => `val_${name}`) : []), 'epsilon'],
  });
  list.setModel(model);
  model.history = history;
  return list;
}
