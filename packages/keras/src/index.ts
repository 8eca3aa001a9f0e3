export {DpModel, dpModel, dpSequential, makePrivate, type DpCompileArgs} from './model/dp_model.js';
export {
  type CallbackInstance,
  type Callbacks,
  type ClassWeight,
  type DpFitArgs,
  type DpTrainingArgs,
  type PrivateValidation,
  type TrainingCallback,
  type TrainingLogs,
  type YieldEvery,
} from './args/fit_args.js';
export {type CalibratedOptions, type PlannedOptimizer, type TrainingPlan} from './plan/plan.js';
export {type PrivacyConfig} from './plan/privacy.js';
export {type PrivacyUnit, type SamplingChoice} from './plan/sampling.js';
export {type Examples, type RandomAccessDataset, type Tensors} from './data/dataset.js';
export {privacyReport} from './model/report.js';
export {
  fitSampled,
  type FitSampledOptions,
  type FitSampledResult,
  type StepReport,
} from './train/fit_sampled.js';
export {type WorkerOptions, type Workers} from './workers/options.js';
export {type ModuleExport} from './workers/protocol.js';
export {replaceBatchNorm} from './layers/replace_batch_norm.js';
export {type Given} from './train/training_examples.js';
