import {backend_util, MaxPoolGrad, type MaxPoolGradAttrs} from '@tensorflow/tfjs-core';
import {geometryOf} from '../conv_geometry.js';
import {input, inputOf, type TrainingKernel} from './kernel.js';

/**
 * The gradient of max pooling. The backend's own kernel is wrong: it looks for maxima above the smallest positive
 * float, and where a window has none its gradient goes to the first entry of the tensor.
 */
export const maxPoolGrad: TrainingKernel = {
  kernelName: MaxPoolGrad,
  run: (call) => {
    const {memory} = call;
    const x = input(call, 'input');
    const {filterSize, strides, pad, dimRoundingMode} = call.attrs as unknown as MaxPoolGradAttrs;
    const shape = x.shape as [number, number, number, number];
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const g = geometryOf(info);
    const dy = inputOf(call, 'dy', info.outShape);
    const dx = memory.output(x.shape);
    memory.kernels.maxPoolGrad(
      memory.address(x),
      memory.address(dy),
      memory.address(dx),
      info.batchSize,
      g.height,
      g.width,
      g.channels,
      g.outHeight,
      g.outWidth,
      g.filterHeight,
      g.filterWidth,
      g.strideHeight,
      g.strideWidth,
      g.padTop,
      g.padLeft,
    );
    return dx;
  },
};
