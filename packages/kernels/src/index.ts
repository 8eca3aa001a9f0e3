// Importing this module registers tf.js's wasm backend and puts the training kernels on top of it.
import '@tensorflow/tfjs-backend-wasm';
import {env} from '@tensorflow/tfjs-core';
import {registerTrainingKernels} from './register.js';

// In a cross-origin isolated page tf.js would share its memory with threads of its own: our module can't be linked to that.
env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
registerTrainingKernels();

export {
  ensureTrainingKernels,
  explainParameter,
  openClipAndSum,
  RECURRENT_SEQUENCES,
  SQUARED_NORM_RELATIVE_ERROR,
  type ClipAndSum,
  type Contribution,
  type Conv2dContribution,
  type Conv3dContribution,
  type DenseContribution,
  type DepthwiseConv2dContribution,
  type EmbeddingContribution,
  type ParameterCost,
  type PerExampleParameter,
  type RecurrentSequence,
  type Strategy,
  type SumContribution,
} from './on_demand.js';
