export {DpModel, dpModel, dpSequential, makePrivate, type DpCompileArgs} from './model.js';
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
} from './fit_args.js';
export {type CalibratedOptions, type PlannedOptimizer, type TrainingPlan} from './plan.js';
export {type PrivacyConfig} from './privacy.js';
export {type PrivacyUnit, type SamplingChoice} from './sampling.js';
export {type Examples, type RandomAccessDataset, type Tensors} from './dataset.js';
export {privacyReport} from './report.js';
export {fitSampled, type FitSampledOptions, type FitSampledResult, type StepReport} from './fit_sampled.js';
export {type WorkerOptions, type Workers} from './workers/options.js';
export {type ModuleExport} from './workers/protocol.js';
export {replaceBatchNorm} from './replace_batch_norm.js';
export {type Given} from './training_examples.js';
