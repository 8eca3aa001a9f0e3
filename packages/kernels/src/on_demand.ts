// No side effects, and no import of the wasm backend: what libraries use that must not register one.
export {openClipAndSum, SQUARED_NORM_RELATIVE_ERROR, type ClipAndSum} from './clip_and_sum/session.js';
export {explainParameter, type ParameterCost, type Strategy} from './clip_and_sum/cost.js';
export type {
  Contribution,
  Conv2dContribution,
  Conv3dContribution,
  DenseContribution,
  DepthwiseConv2dContribution,
  EmbeddingContribution,
  PerExampleParameter,
  SumContribution,
} from './clip_and_sum/contribution.js';
export {ensureTrainingKernels} from './register.js';
export {RECURRENT_SEQUENCES, type RecurrentSequence} from './recurrent/sequence.js';
