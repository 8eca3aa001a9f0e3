import {
  Elu,
  getKernel,
  LeakyRelu,
  Prelu,
  Relu,
  Relu6,
  Sigmoid,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type {KernelCall} from './kernel.js';

const KERNELS: Readonly<Record<string, string | undefined>> = {
  linear: undefined,
  relu: Relu,
  relu6: Relu6,
  elu: Elu,
  sigmoid: Sigmoid,
};

/** Applies a fused operation's activation to its result, which it replaces, by the backend's own kernels. */
export function activate(call: KernelCall, out: TensorInfo): TensorInfo {
  const {activation = 'linear', leakyreluAlpha = 0} = call.attrs as {
    activation?: string;
    leakyreluAlpha?: number;
  };
  if (activation === 'prelu')
    return replace(call, out, Prelu, {x: out, alpha: call.inputs['preluActivationWeights']});
  if (activation === 'leakyrelu') return replace(call, out, LeakyRelu, {x: out}, {alpha: leakyreluAlpha});
  const kernelName = KERNELS[activation];
  return kernelName === undefined ? out : replace(call, out, kernelName, {x: out});
}

/** Applies one of the backend's kernels to an intermediate result, which it replaces. */
export function replace(
  {backend}: KernelCall,
  intermediate: TensorInfo,
  kernelName: string,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap = {},
): TensorInfo {
  const out = getKernel(kernelName, 'wasm').kernelFunc({inputs, attrs, backend}) as TensorInfo;
  backend.disposeData(intermediate.dataId);
  return out;
}
