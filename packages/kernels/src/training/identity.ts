import {Cast, Identity, type CastAttrs, type TensorInfo} from '@tensorflow/tfjs-core';
import {delegate, input, type KernelCall, type TrainingKernel} from './kernel.js';

/**
 * A clone, which tf.js takes of every tensor that a gradient will need. The backend's own copies the values; tensors
 * never change, so one more reference does, as in tf.js's cpu backend.
 */
export const identity: TrainingKernel = {
  kernelName: Identity,
  run: (call, stock) => {
    const x = input(call, 'x');
    return x.dtype === 'string' ? delegate(stock, Identity, call) : share(call, x, x.shape);
  },
};

/** A cast to the dtype that the tensor has already is a clone. */
export const cast: TrainingKernel = {
  kernelName: Cast,
  run: (call, stock) => {
    const x = input(call, 'x');
    const {dtype} = call.attrs as unknown as CastAttrs;
    return x.dtype === dtype && dtype !== 'string' ? share(call, x, x.shape) : delegate(stock, Cast, call);
  },
};

/** Another tensor with the same values, in any shape of the same size. */
export function share({backend}: KernelCall, {dataId, dtype}: TensorInfo, shape: number[]): TensorInfo {
  backend.incRef(dataId);
  return {dataId, shape, dtype};
}
