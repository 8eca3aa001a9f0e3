import {
  CallbackList,
  CustomCallback,
  type CustomCallbackArgs,
  type History,
  type LayersModel,
} from '@tensorflow/tfjs-layers';
import {verboseCallbacks} from '#verbose';

import type {CallbackInstance, TrainingCallback} from '../args/callbacks.js';
import type {DpTrainingArgs} from '../args/fit_args.js';
import type {Position, TrainingPlan} from '../plan/plan.js';
import {flagEarlyStopping, flagStopped} from './early_stopping.js';

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

/** The callbacks of one `fit`. */
export interface RunCallbacks {
  readonly list: CallbackList;
  /** Says what may be claimed of a run that one of them has stopped with so many steps left. */
  flagStopped(remaining: number): void;
  /** Frees what they hold. Call it in a `finally`. */
  dispose(): void;
}

/** The callbacks of one `fit`, set up as tf.js does. */
export function runCallbacks({
  model,
  names,
  plan,
  from,
  args,
  history,
  doValidation,
}: CallbackListOptions): RunCallbacks {
  const {epochs = 1, verbose = 1, callbacks = [], yieldEvery = 'auto'} = args;
  const given = [callbacks].flat() as readonly (CallbackInstance | TrainingCallback)[];
  const all = verbose === 0 ? given : [...given, ...verboseCallbacks(given)];
  flagEarlyStopping(given, plan.privacy);
  const list = new CallbackList([
    // tf.js yields in the callbacks that it makes of plain objects; here one does even if there are none.
    ...[{}, ...all].map((callback) =>
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
  return {
    list,
    flagStopped: (remaining) => flagStopped(given, plan, remaining),
    dispose() {
      for (const callback of all) callback.dispose?.();
    },
  };
}
