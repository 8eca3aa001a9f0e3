import {
  backend,
  getBackend,
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
} from '@tensorflow/tfjs-core';
import {backendMemory, isWasmBackend, refuseFailedAllocations, type WasmBackend} from './memory.js';
import {registerSequenceGradients} from './recurrent/sequence_gradient.js';
import {fuseRecurrentLayers} from './recurrent/recurrent_layer.js';
import {exp, tanh} from './training/exponential.js';
import {sum} from './training/sum.js';
import {cast, identity} from './training/identity.js';
import {concat, pack} from './training/join.js';
import {splitV, unpack} from './training/part.js';
import {slice} from './training/slice.js';
import {conv2D, fusedConv2D} from './training/conv2d.js';
import {conv2DBackpropFilter} from './training/conv2d_backprop_filter.js';
import {conv2DBackpropInput} from './training/conv2d_backprop_input.js';
import {conv3DBackpropInput} from './training/conv3d_backprop_input.js';
import {
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
} from './training/depthwise_conv2d_backprop.js';
import type {TrainingKernel} from './training/kernel.js';
import {gather} from './training/gather.js';
import {batchMatMul, fusedMatMul} from './training/mat_mul.js';
import {gruSequence, gruSequenceGradient} from './training/gru.js';
import {lstmSequence, lstmSequenceGradient} from './training/lstm.js';
import {maxPoolGrad} from './training/max_pool_grad.js';
import {unsortedSegmentSum} from './training/unsorted_segment_sum.js';

const WASM = 'wasm';

const TRAINING_KERNELS: readonly TrainingKernel[] = [
  batchMatMul,
  cast,
  concat,
  conv2D,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  conv3DBackpropInput,
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
  exp,
  fusedConv2D,
  fusedMatMul,
  gather,
  gruSequence,
  gruSequenceGradient,
  identity,
  lstmSequence,
  lstmSequenceGradient,
  maxPoolGrad,
  pack,
  slice,
  splitV,
  sum,
  tanh,
  unpack,
  unsortedSegmentSum,
];

/** Marks our kernel functions, also those of another copy of this package. */
const OURS = Symbol.for('@dp/kernels');

/** Registers this package's kernels for tf.js's wasm backend, on top of the backend's own. Idempotent. */
export function registerTrainingKernels(): void {
  registerSequenceGradients();
  fuseRecurrentLayers();
  for (const kernel of TRAINING_KERNELS) {
    const stock = getKernel(kernel.kernelName, WASM) as KernelConfig | undefined;
    if (stock !== undefined && OURS in stock.kernelFunc) continue;
    if (stock !== undefined) unregisterKernel(kernel.kernelName, WASM);
    // The backend's own set-up is kept, since our kernels hand some cases on to it.
    registerKernel({
      ...stock,
      kernelName: kernel.kernelName,
      backendName: WASM,
      kernelFunc: kernelFunction(kernel, stock?.kernelFunc),
      ...(kernel === lstmSequence && {setupFunc: prepareBackend}),
    });
  }
}

/** When the backend starts: tfjs-layers may have been loaded since. */
function prepareBackend(instance: unknown): void {
  fuseRecurrentLayers();
  if (isWasmBackend(instance as KernelBackend)) refuseFailedAllocations(instance as WasmBackend);
}

/**
 * Puts this package's training kernels on top of the wasm backend's own, if the current backend is the wasm
 * backend. Does nothing for other backends, and nothing the second time.
 */
export function ensureTrainingKernels(): void {
  const current = backend();
  if (getBackend() !== WASM || !isWasmBackend(current)) return;
  registerTrainingKernels();
  refuseFailedAllocations(current);
}

function kernelFunction(kernel: TrainingKernel, stock: KernelFunc | undefined): KernelFunc {
  const kernelFunc: KernelFunc = ({inputs, attrs = {}, backend: instance}) => {
    const wasm = instance as WasmBackend;
    return kernel.run({inputs, attrs, backend: wasm, memory: backendMemory(wasm)}, stock);
  };
  return Object.assign(kernelFunc, {[OURS]: true});
}
