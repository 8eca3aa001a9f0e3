import {
  CallbackList,
  CustomCallback,
  History,
  type CustomCallbackArgs,
  type LayersModel,
} from '@tensorflow/tfjs-layers';
import {DpError} from '@dp/optimizers';

import {Budget} from './budget.js';
import {exampleWeights} from './class_weights.js';
import {compiledOf, trainableVariables} from './compiled.js';
import type {RandomAccessDataset} from './dataset.js';
import {EpochMeans} from './epoch_means.js';
import type {CallbackInstance, DpTrainingArgs, TrainingCallback} from './fit_args.js';
import type {TrainingPlan} from './plan.js';
import {openSteps, type Steps} from './workers/open_steps.js';

/** One run of `fit`. */
export interface FitRequest {
  readonly model: LayersModel;
  readonly plan: TrainingPlan;
  readonly args: DpTrainingArgs;
  /** Sensitive. */
  readonly dataset: RandomAccessDataset;
  /** The validation's loss and metrics, by name without `val_`. They are covered by no epsilon. */
  readonly validate?: (() => Readonly<Record<string, number>>) | undefined;
}

/** Draws batches, takes a private step on each, and tells callbacks: the whole of `fit`, top to bottom. */
export async function fitPlan(request: FitRequest): Promise<History> {
  const {model, plan, args, dataset} = request;
  const {maxPhysicalBatch = Infinity, signal} = args;
  const weightsOf = exampleWeights(
    model.outputs.map(({name, shape}, o) => ({name: model.outputNames[o] ?? name, shape})),
    args.classWeight,
  );
  const {optimizer} = plan;
  const options = {
    model,
    compiled: compiledOf(model),
    optimizer,
    dataset,
    weightsOf,
    maxPhysicalBatch,
    signal,
  };
  const steps = await openSteps(options, args.workers);
  try {
    return await train(request, steps);
  } finally {
    steps.dispose();
  }
}

async function train({model, plan, args, validate}: FitRequest, steps: Steps): Promise<History> {
  const {epochs = 1, initialEpoch = 0, verbose = 1, signal} = args;
  const {sampler, batchSize} = plan;
  const {stepsPerEpoch} = sampler;
  const compiled = compiledOf(model);
  const budget = budgetOf(plan, model);
  let remaining = Math.max(0, epochs - initialEpoch) * stepsPerEpoch;
  if (remaining > 0 && budget?.allowsNextOf(remaining) === false) throw budgetSpent(plan);
  let isAllowed = true;

  const history = new History();
  const callbacks = new CallbackList([...callbackList(args), history]);
  const names = [
    ...compiled.names,
    ...(validate === undefined ? [] : compiled.names.map((name) => `val_${name}`)),
  ];
  callbacks.setParams({
    epochs,
    initialEpoch,
    samples: plan.privacy.numExamples,
    steps: stepsPerEpoch,
    batchSize,
    verbose,
    doValidation: validate !== undefined,
    metrics: [...names, 'epsilon'],
  });
  callbacks.setModel(model);
  model.history = history;
  await callbacks.onTrainBegin();
  model.stopTraining = false;
  const mayGoOn = (): boolean => isAllowed && !model.stopTraining && signal?.aborted !== true;
  for (let epoch = initialEpoch; epoch < epochs && mayGoOn(); epoch++) {
    await callbacks.onEpochBegin(epoch);
    const means = new EpochMeans();
    for (let batch = 0; batch < stepsPerEpoch && mayGoOn(); batch++) {
      await callbacks.onBatchBegin(batch, {});
      const {size, values} = await steps.take(sampler.next());
      means.add(values, size);
      await callbacks.onBatchEnd(batch, batchLogs(plan, batch, size, values));
      remaining--;
      isAllowed = remaining === 0 || budget?.allowsNextOf(remaining) !== false;
    }
    const validation = Object.entries(validate?.() ?? {}).map(([name, value]) => [`val_${name}`, value]);
    await callbacks.onEpochEnd(epoch, {
      ...means.values(),
      ...(Object.fromEntries(validation) as Record<string, number>),
      epsilon: plan.spent().epsilon,
    });
  }
  await callbacks.onTrainEnd();
  return history;
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

function budgetOf(plan: TrainingPlan, model: LayersModel): Budget | undefined {
  if (plan.budget === undefined) return undefined;
  const numParameters = trainableVariables(model).reduce((sum, {size}) => sum + size, 0);
  const {optimizer, sampler, privacy, budget: epsilon} = plan;
  return new Budget({optimizer, sampler, epsilon, delta: privacy.delta, numParameters});
}

function budgetSpent(plan: TrainingPlan): DpError {
  const {epsilon, delta} = plan.spent();
  return new DpError(
    'BUDGET_SPENT',
    `the budget of epsilon ${plan.budget} at delta ${delta} has no room for another step: ${epsilon} is spent. ` +
      'What is released is released; a larger privacy.budget is a weaker promise, to be made on purpose',
  );
}

function callbackList({callbacks = [], yieldEvery = 'auto'}: DpTrainingArgs): CustomCallback[] {
  const given = (Array.isArray(callbacks) ? callbacks : [callbacks]) as readonly (
    CallbackInstance | TrainingCallback
  )[];
  // tf.js yields in the callbacks that it makes of plain objects; here one does even if there are none.
  return [{}, ...given].map((callback) =>
    'setParams' in callback
      ? (callback as CustomCallback)
      : new CustomCallback(callback as CustomCallbackArgs, yieldEvery),
  );
}
