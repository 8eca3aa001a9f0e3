export {dpSGD, DpSgdOptimizer, type DpSgdOptions} from './optimizers/dp_sgd.js';
export {dpMomentum, DpMomentumOptimizer, type DpMomentumOptions} from './optimizers/dp_momentum.js';
export {dpAdam, DpAdamOptimizer, type DpAdamOptions, type MomentOptions} from './optimizers/dp_adam.js';
export {dpAdamW, DpAdamWOptimizer, type DpAdamWOptions} from './optimizers/dp_adamw.js';
export {dpAdagrad, DpAdagradOptimizer, type DpAdagradOptions} from './optimizers/dp_adagrad.js';
export {dpRMSProp, DpRmsPropOptimizer, type DpRmsPropOptions} from './optimizers/dp_rmsprop.js';
export {dpFTRL, DpFtrlOptimizer, type DpFtrlOptions} from './optimizers/dp_ftrl.js';
export {privatize, PrivatizedOptimizer} from './optimizers/privatize.js';
export {PrivateOptimizer} from './optimizers/private_optimizer.js';
export {type DrawnOptions, type DrawnStepOptions, type PiecesOptions} from './optimizers/step_options.js';
export {
  type CheckedPrivacyOptions,
  type PrivacyOptions,
  type PrivateOptimizerOptions,
} from './optimizers/options.js';

export {
  cosineDecay,
  exponentialDecay,
  linear,
  piecewiseConstant,
  type CosineDecay,
  type ExponentialDecay,
  type LinearSchedule,
  type NamedSchedule,
  type PiecewiseConstant,
  type Schedule,
} from './schedules/schedule.js';
export {ema, type WeightAveraging} from './averaging/averaging.js';

export {
  clippedGradients,
  type ClippedGradients,
  type ClippedGradientsOptions,
} from './functional/clipped_gradients.js';
export {checkPerExampleGradients, type CheckedModel, type GradientCheck} from './functional/check.js';
export {
  explain,
  type ExplainedModel,
  type LossExplanation,
  type VariableExplanation,
} from './functional/explain.js';
export {gradientTape, type GradientTape, type GradientTapeOptions} from './functional/gradient_tape.js';
export {
  perExampleGradients,
  type PerExampleGradients,
  type PerExampleOptions,
} from './functional/per_example_gradients.js';
export {pieceSum} from './functional/piece_sum.js';
export {privateMean, type PrivateMeanOptions} from './functional/private_mean.js';
export {ClippedSum} from './sum/clipped_sum.js';

export {
  adaptive,
  automatic,
  perLayer,
  type AdaptiveClipping,
  type AutomaticClipping,
  type Clipping,
  type ClippingMode,
  type LayerGroup,
  type PerLayerClipping,
} from './clip/mode.js';

export {type ClippingOptions} from './clip/plan.js';
export {checkLedgerRow} from './account/check_row.js';
export {type RandomOrigin, type Randomness} from './account/randomness.js';
export {Ledger, type LedgerPosition, type LedgerStore, type NewRow} from './account/ledger.js';
export type {LedgerRow, Mechanism, ReleaseKind, ReleasingOptimizer} from './account/ledger_row.js';
export {fixedSampler, shuffleSampler, type EpochSamplerOptions} from './account/epoch_samplers.js';
export {streamSampler, type StreamSampler, type StreamSamplerOptions} from './account/stream_sampler.js';
export {poissonSampler, truncatedPoissonSampler} from './account/poisson_samplers.js';
export {cappedUserSampler, userSampler, type UserIds} from './account/user_samplers.js';
export {
  type AnnouncedBatch,
  type AnnouncedRun,
  type RestOfEpoch,
  type Sampler,
  type SamplerOptions,
} from './account/sampler.js';
export {type Participation} from './account/spendings.js';
export {
  accuracyRow,
  privateAccuracy,
  type CountedDataSet,
  type PrivateAccuracyOptions,
} from './account/private_accuracy.js';
export {type ForeseenRun, type LedgerRows} from './account/ledger_account.js';
export {epsilonAfter, privacySpent, type PrivacySpent} from './account/spent.js';
export {privacyReport, type PrivacyReport, type PrivacyReportOptions} from './report/privacy_report.js';
export {type ReleaseSummary} from './report/releases.js';
export {type PrivacyUnit} from './report/words.js';
export {type DrawnBatch, type Sampling, type SamplingOf} from './account/sampling.js';

export {registerPerExampleRule, type PerExampleRule} from './gradients/registry.js';
export {
  type ParameterContribution,
  type ParameterRule,
  type ParameterSite,
  type ParameterUse,
} from './gradients/rules/rule.js';
export {type Parameter} from './gradients/parameters.js';
export {type BatchLabel, type Label, type Labelled, type Mixing} from './tape/labels.js';
export {type RuleSite, type SeparationRule} from './tape/rules/rule.js';

export {type BatchPiece, type PieceSum} from './sum/piece_sum.js';
export {DpError, type DpErrorCode} from './errors.js';
export {type DeclaredSources} from './tape/sources.js';
