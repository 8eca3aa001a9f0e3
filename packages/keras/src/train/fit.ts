import {History, type CallbackList, type LayersModel} from '@tensorflow/tfjs-layers';
import {DpError} from '@dp/optimizers';

import type {DpTrainingArgs} from '../args/fit_args.js';
import {runCallbacks} from '../callbacks/list.js';
import type {BatchSource} from '../data/batch_source.js';
import type {Compiled} from '../layers/compiled.js';
import type {Position, TrainingPlan} from '../plan/plan.js';
import {exampleWeights} from '../step/class_weights.js';
import {openSteps, type Steps} from '../workers/open_steps.js';
import {EpochMeans} from './epoch_means.js';
import type {Validate} from './validation.js';

/** One run of `fit`. */
export interface FitRequest {
  readonly model: LayersModel;
  readonly compiled: Compiled;
  readonly plan: TrainingPlan;
  /** Where to begin. */
  readonly from: Position;
  readonly args: DpTrainingArgs;
  /** Sensitive. */
  readonly batches: BatchSource;
  /** The validation's loss and metrics, by name with `val_`. */
  readonly validate?: Validate | undefined;
}

/** Draws batches, takes a private step on each, and tells callbacks: the whole of `fit`, top to bottom. */
export async function fitPlan(request: FitRequest): Promise<History> {
  const {model, compiled, plan, from, args, batches, validate} = request;
  const {epochs = 1, maxPhysicalBatch = Infinity} = args;
  const {optimizer, sampler} = plan;
  plan.position = from;
  const remaining = Math.max(0, (epochs - from.epoch) * sampler.stepsPerEpoch - from.batch);
  if (remaining > 0 && !plan.allowsNextOf(remaining)) throw budgetSpent(plan);
  const outputs = model.outputs.map(({shape}, o) => ({name: model.outputNames[o] ?? '', shape}));
  const weightsOf = exampleWeights(outputs, args.classWeight);
  const options = {model, compiled, optimizer, dataset: batches.records, weightsOf, maxPhysicalBatch};
  const steps = await openSteps(options, args.workers);
  const history = new History();
  const callbacks = runCallbacks({
    ...request,
    names: compiled.names,
    history,
    doValidation: validate !== undefined,
  });
  try {
    const left = await train(request, steps, callbacks.list, remaining);
    if (left > 0 && model.stopTraining) callbacks.flagStopped(left);
    await plan.ledger.flush();
    return history;
  } finally {
    callbacks.dispose();
    steps.dispose();
    await batches.close();
  }
}

/** Returns how many of the planned steps were not taken. */
async function train(
  {model, plan, from, args, batches, validate}: FitRequest,
  steps: Steps,
  callbacks: CallbackList,
  planned: number,
): Promise<number> {
  const {epochs = 1, signal} = args;
  const {stepsPerEpoch} = plan.sampler;
  let remaining = planned;
  let isAllowed = true;
  await callbacks.onTrainBegin();
  model.stopTraining = false;
  const mayGoOn = (): boolean => isAllowed && !model.stopTraining && signal?.aborted !== true;
  for (let {epoch, batch} = from; epoch < epochs && mayGoOn(); epoch++, batch = 0) {
    await callbacks.onEpochBegin(epoch);
    const means = new EpochMeans();
    for (; batch < stepsPerEpoch && mayGoOn(); batch++) {
      await callbacks.onBatchBegin(batch, {});
      await plan.reserveNextOf(remaining);
      const {size, values} = await steps.take(await batches.next());
      plan.position = batch + 1 === stepsPerEpoch ? {epoch: epoch + 1, batch: 0} : {epoch, batch: batch + 1};
      means.add(values, size);
      await callbacks.onBatchEnd(batch, batchLogs(plan, batch, size, values));
      remaining--;
      // After a whole epoch, what it releases comes first.
      if (batch + 1 < stepsPerEpoch) isAllowed = plan.allowsNextOf(remaining);
    }
    const isWhole = batch === stepsPerEpoch;
    const validated = isWhole ? await validate?.() : undefined;
    const {epsilon} = plan.spent();
    await callbacks.onEpochEnd(epoch, {...means.values(), ...validated, epsilon});
    if (isWhole && remaining > 0) isAllowed = plan.allowsNextOf(remaining);
  }
  await callbacks.onTrainEnd();
  return remaining;
}

/** Epsilon takes a moment to compute, so it is computed when a callback reads it, and is not among what is iterated over. */
function batchLogs(
  plan: TrainingPlan,
  batch: number,
  size: number,
  values: Readonly<Record<string, number>>,
): Record<string, number> {
  const logs = {batch, size, ...values};
  return Object.defineProperty(logs, 'epsilon', {get: () => plan.spent().epsilon, enumerable: false});
}

function budgetSpent(plan: TrainingPlan): DpError {
  const {epsilon, delta} = plan.spent();
  const budget = plan.privacy.budget ?? plan.privacy.targetEpsilon ?? Infinity;
  return new DpError(
    'BUDGET_SPENT',
    `the budget of epsilon ${budget} at delta ${delta} has no room for another step: ${epsilon} is spent. ` +
      'What is released is released; a larger privacy.budget is a weaker promise, to be made on purpose',
  );
}
