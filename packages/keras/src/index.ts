export {DpModel, type DpCompileArgs} from './model/dp_model.js';
export {dpModel, dpSequential, makePrivate} from './model/factories.js';
export {privacyReport} from './model/report.js';

export {type TrainingPlan} from './plan/plan.js';
export {
  type CalibratedOptions,
  type MakeOptimizer,
  type PlannedOptimizer,
  type PlannedSteps,
} from './plan/planned_optimizer.js';
export {type PrivacyConfig} from './plan/privacy.js';
export {type PrivacyUnit, type SamplingChoice} from './plan/sampling.js';

export {
  type CallbackInstance,
  type Callbacks,
  type TrainingCallback,
  type TrainingLogs,
  type YieldEvery,
} from './args/callbacks.js';
export {type DpFitArgs, type DpTrainingArgs, type PrivateValidation} from './args/fit_args.js';
export {type ClassWeight, type ClassWeights} from './step/class_weights.js';
export {type WorkerOptions, type Workers} from './workers/options.js';
export {type ModuleExport} from './workers/protocol.js';

export {type Examples, type RandomAccessDataset, type Tensors} from './data/dataset.js';
export {type Given} from './data/given.js';
export {type BatchStream, type IteratorStream, type StreamBatch} from './data/stream.js';

export {replaceBatchNorm} from './layers/replace_batch_norm.js';
export {trainableVariables} from './layers/compiled.js';
export {
  fitSampled,
  type FitSampledOptions,
  type FitSampledResult,
  type StepReport,
} from './train/fit_sampled.js';
